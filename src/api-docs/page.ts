import { Html, html } from '../pages/html.ts';
import { VERSION } from './version.ts';

const PAGES = { '/docs': 'Overview', '/docs/rest': 'REST', '/docs/realtime': 'Realtime' } as const;
export type PagePath = keyof typeof PAGES;

/** A complete page, without inline styles and scripts, as the Content-Security-Policy requires. */
export function page(path: PagePath, content: Html, head: Html = html``): string {
  const links = Object.entries(PAGES).map(
    ([to, name]) => html`<li><a href="${to}"${to === path ? html` aria-current="page"` : ''}>${name}</a></li>\n`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${PAGES[path]} – MmChat ${VERSION}</title>
<link rel="icon" href="/docs/assets/favicon.png">
${head}
<link rel="stylesheet" href="/docs/assets/docs.css">
</head>
<body>
<nav aria-label="Pages">
<ul>
${links}<li><a href="/openapi.json">openapi.json</a></li>
<li><a href="/asyncapi.json">asyncapi.json</a></li>
</ul>
</nav>
${content}
</body>
</html>
`.text;
}

/** Text in which `backquotes` mark code. */
export const prose = (text: string): Html => new Html(html`${text}`.text.replace(/`([^`]+)`/g, '<code>$1</code>'));

/** A block of code with a caption. */
export const sample = (label: string, code: string): Html =>
  html`<figure><figcaption>${label}</figcaption><pre><code>${code}</code></pre></figure>\n`;

export const table = (
  heads: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
): Html => html`<table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table>
`;
