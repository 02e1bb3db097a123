import { ERRORS } from '../errors.ts';
import { type Html, html } from '../html.ts';
import { catalogue, parts } from './catalogue.ts';
import { page, prose, table } from './page.ts';

/** The page that says what there is and how to get in. */
export function overviewPage(): string {
  return page(
    '/docs',
    html`<main>
<h1>MmChat</h1>
<p>Accounts, private and group conversations, messages, read receipts, presence and typing: every operation is there over
Socket.IO, plain WebSocket and REST, under the same rules. These pages and the documents behind them are made by the
running server from the code that serves it.</p>

<h2 id="documents">Documents</h2>
${table(
  ['For people', 'For programs', 'What it describes'],
  [
    [html`<a href="/docs/rest">REST</a>`, html`<a href="/openapi.json">OpenAPI 3.1</a>`, 'every operation over HTTP'],
    [
      html`<a href="/docs/realtime">Realtime</a>`,
      html`<a href="/asyncapi.json">AsyncAPI 3</a>`,
      'every operation and every event over Socket.IO and plain WebSocket',
    ],
  ],
)}
<h2 id="logging-in">Logging in</h2>
<p>${prose('`signup/verify` and `login` start a session and set its token as the httpOnly cookie `token`. Browsers need nothing else; programs send the token along.')}</p>
${table(
  ['Way in', 'How it says who it is'],
  [
    ['REST', prose('the cookie, or `Authorization: Bearer`')],
    ['Socket.IO', prose('`auth: { token }`, the cookie, or `Authorization: Bearer` on the handshake')],
    [
      'Plain WebSocket',
      prose('`?ticket=` from `POST /api/ws/ticket`, the cookie, `Authorization: Bearer`, or `?token=`'),
    ],
  ],
)}
<h2 id="operations">Operations</h2>
${parts.map(partTable)}
<h2 id="errors">Errors</h2>
<p>${prose('Over HTTP an error is `{ "success": false, "error": "…", "code": "…" }` with the status below; over a socket it is `{ "ok": false, "error": { "code": "…", "message": "…" } }`. `fields` is there when input is wrong, and `retry_after` (over HTTP the header `Retry-After`) when it is worth another try later.')}</p>
${table(
  ['Code', 'Status', 'Message'],
  Object.entries(ERRORS).map(([code, { status, message }]) => [html`<code>${code}</code>`, status, message]),
)}
<h2 id="limits">Rate limits</h2>
<p>${prose('Calls are counted per user, account, e-mail address or address of origin. Over HTTP, `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` tell the state of the limit that a call counted against. Over it, the answer is `rate_limited` with the seconds to wait.')}</p>
</main>`,
  );
}

function partTable(part: string): Html {
  const rows = catalogue
    .filter((each) => each.part === part)
    .map(({ name, route, sockets, summary }) => [
      html`<a href="/docs/realtime#${name}"><code>${name}</code></a>`,
      route === undefined ? '–' : html`<code>${route}</code>`,
      sockets.length === 0 ? '–' : sockets.join(', '),
      prose(summary),
    ]);
  return html`<h3 id="${part.toLowerCase()}">${part}</h3>
${table(['Operation', 'Over HTTP', 'Over sockets', 'What it does'], rows)}`;
}
