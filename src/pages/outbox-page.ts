import { createHash } from 'node:crypto';
import type { OutboxEmail } from '../mail/transports.ts';
import { escaped } from './html.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.1rem; margin: 0; }
  article { margin: 1.5rem 0; padding: 1rem; border: 1px solid GrayText; border-radius: 0.5rem; }
  p { margin: 0.25rem 0; overflow-wrap: anywhere; }
  pre { margin: 1rem 0 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
  strong { font: 700 1.75rem/1.5 ui-monospace, monospace; letter-spacing: 0.1em; user-select: all; }
`;

/** The Content-Security-Policy of the page: allows only its own style. */
export const OUTBOX_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The development outbox as an HTML page without scripts: the e-mails in the given order, reloaded every 5 s. */
export function outboxPage(emails: readonly OutboxEmail[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Outbox – MmChat</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Outbox</h1>
<p>E-mails that MmChat would have sent, newest first. They are kept in memory, and only in development.</p>
${emails.map(article).join('\n') || '<p>No e-mails yet.</p>'}
</main>
</body>
</html>
`;
}

function article({ to, subject, text, at }: OutboxEmail): string {
  const time = at.toISOString();
  return `<article>
<h2>${escaped(subject)}</h2>
<p>To ${escaped(to)}, <time datetime="${time}">${time.replace('T', ' ').slice(0, 19)} UTC</time></p>
<pre>${withCode(escaped(text))}</pre>
</article>`;
}

/** Marks a one-time code, which is alone on its line, so that one click selects it. */
const withCode = (html: string): string => html.replace(/^\d{4,10}$/m, '<strong>$&</strong>');
