import { ERRORS } from '../operation/errors.ts';
import { sections } from '../operations.ts';
import { type Html, html } from '../pages/html.ts';
import { documentedOperations } from './operation-docs.ts';
import { page, prose, table } from './page.ts';

/** The overview page: documents, authentication, operations, errors and rate limits. */
export function overviewPage(): string {
  return page(
    '/docs',
    html`<main>
<h1>MmChat</h1>
<p>Accounts, private and group conversations, messages, read receipts, presence and typing: every operation is available over
Socket.IO, plain WebSocket and REST, with the same rules. The running server generates these pages and the documents
from its own code.</p>

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
<p>${prose('`signup/verify` and `login` start a session and set its token as the httpOnly cookie `token`. Browsers need nothing else; programs request it with `"token": true`, receive `token` and `expires_at` in the answer, and send the token with each request.')}</p>
${table(
  ['Transport', 'Credentials'],
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
${Object.keys(sections).map(sectionTable)}
<h2 id="errors">Errors</h2>
<p>${prose('Over HTTP an error is `{ "success": false, "error": "…", "code": "…" }` with the status below; over a socket it is `{ "ok": false, "error": { "code": "…", "message": "…" } }`. With invalid input there is also `fields`, and if a later retry can succeed `retry_after` (over HTTP the header `Retry-After`).')}</p>
${table(
  ['Code', 'Status', 'Message'],
  Object.entries(ERRORS).map(([code, { status, message }]) => [html`<code>${code}</code>`, status, message]),
)}
<h2 id="limits">Rate limits</h2>
<p>${prose('Calls are counted per user, account, e-mail address or client address. Over HTTP, `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` contain the state of the limit that counted the call. Beyond the limit the answer is `rate_limited` with the seconds to wait.')}</p>
</main>`,
  );
}

function sectionTable(section: string): Html {
  const rows = documentedOperations
    .filter((each) => each.section === section)
    .map(({ name, routes, namespaces, summary }) => [
      html`<a href="/docs/realtime#${name}"><code>${name}</code></a>`,
      routes.length === 0 ? '–' : prose(routes.map(({ route }) => `\`${route}\``).join(', ')),
      namespaces.length === 0 ? '–' : namespaces.join(', '),
      prose(summary),
    ]);
  return html`<h3 id="${section.toLowerCase()}">${section}</h3>
${table(['Operation', 'Over HTTP', 'Over sockets', 'Summary'], rows)}`;
}
