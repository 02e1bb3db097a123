import { CLOSE_CODES } from '../delivery/close-codes.ts';
import { EVENT_FIELDS, EVENT_NAMES, EVENT_SUMMARIES } from '../delivery/event-fields.ts';
import { exampleOf, schemaOf } from '../operation/fields.ts';
import { sections } from '../operations.ts';
import { type Html, html } from '../pages/html.ts';
import { NAMESPACE_OF, type ServerEventName } from '../protocol.ts';
import { EXAMPLE_ORIGIN } from './examples.ts';
import { fieldTable } from './field-tables.ts';
import { documentedOperations, type OperationDocs } from './operation-docs.ts';
import { page, prose, sample, table } from './page.ts';

const CONNECT = `import { io } from 'socket.io-client';

const chat = io('${EXAMPLE_ORIGIN}/chat', { auth: { token } });
const presence = io('${EXAMPLE_ORIGIN}/presence', { auth: { token } });
chat.on('message', (message) => console.log(message.sender_username, message.content));`;

const FRAMES = `> {"type":"message","ref":1,"conversation_id":100,"content":"Hello!"}
< {"type":"ack","ref":1,"ok":true,"conversation_id":100,"message_id":5003,"seq":17, …}
> {"type":"message","ref":2,"conversation_id":999,"content":"Hello?"}
< {"type":"ack","ref":2,"ok":false,"error":{"code":"not_participant","message":"You are not in this conversation."}}`;

/** The page about sockets: how to connect, all events, and all operations with an example for each transport. */
export function realtimePage(): string {
  return page(
    '/docs/realtime',
    html`<main>
<h1>Realtime</h1>
<ul class="contents">
<li><a href="#socketio">Socket.IO</a></li>
<li><a href="#websocket">Plain WebSocket</a></li>
<li><a href="#events">Events</a></li>
${Object.keys(sections).map((name) => html`<li><a href="#${name.toLowerCase()}">${name}</a></li>\n`)}</ul>

<h2 id="socketio">Socket.IO</h2>
<p>${prose('Connect to `/chat` and, for presence and typing, to `/presence`; both share one connection. `/chat` loses nothing: every durable change has a sequence number, and a client requests the changes that it missed with `sync`. `/presence` sends the latest state only: events may be dropped, and the state expires.')}</p>
<p>${prose('An event’s argument is its payload. An operation is an event with its input and an acknowledgement: `{ ok: true, … }` after the commit, or `{ ok: false, error: { code, message, fields?, retry_after? } }`. If an operation without an acknowledgement fails, the server sends an `error` event. It also sends one at the end of the session, before it disconnects.')}</p>
${sample('Connecting', CONNECT)}
<h2 id="websocket">Plain WebSocket</h2>
<p>${prose('Connect to `/api/ws`, best with `?ticket=`. Each text frame is one JSON object with `type`. The connection receives the events of both namespaces. An operation is a frame whose `type` is the operation’s name, with the input as further fields; the answer contains its `ref`. Without `ref` a success is not answered, and a failure is answered with an `error` frame.')}</p>
${sample('Frames', FRAMES)}
<p>The server sends a ping every 25 s, and disconnects clients that do not answer within 20 s. Frames are at most 64 kB.</p>
${table(
  ['Close code', 'When'],
  Object.values(CLOSE_CODES).map(({ code, when }) => [code, prose(when)]),
)}
<h2 id="events">Events</h2>
${EVENT_NAMES.map(eventSection)}
${Object.entries(sections).map(([name, { about }]) => sectionOf(name, about))}
</main>`,
  );
}

function eventSection(name: ServerEventName): Html {
  const fields = EVENT_FIELDS[name];
  const payload = exampleOf(fields);
  return html`<section aria-labelledby="event-${name}">
<h3 id="event-${name}"><code>${name}</code></h3>
<p>${EVENT_SUMMARIES[name]} Sent on <code>${NAMESPACE_OF[name]}</code>.</p>
${fieldTable(schemaOf(fields))}
${sample('As a frame', JSON.stringify({ type: name, ...payload }))}
</section>
`;
}

const sectionOf = (name: string, about: string): Html => html`<h2 id="${name.toLowerCase()}">${name}</h2>
<p>${about}</p>
${documentedOperations.filter((each) => each.section === name).map(operationSection)}`;

function operationSection({
  name,
  summary,
  details,
  routes,
  namespaces,
  input,
  result,
  codes,
  examples,
}: OperationDocs): Html {
  const { socketio, raw } = examples;
  const errors = new Set([...routes.flatMap((each) => each.codes), ...codes]);
  return html`<section aria-labelledby="${name}">
<h3 id="${name}"><code>${name}</code></h3>
<p>${prose(`${summary}.`)} ${prose(details)}</p>
<p>${prose(
    [...routes.map(({ route }) => route), ...namespaces].map((way) => `\`${way}\``).join(' · '),
  )}${namespaces.length === 0 ? ' – over HTTP only.' : ''}</p>
<h4>Input</h4>
${fieldTable(input.schema)}
<h4>Result</h4>
${fieldTable(schemaOf(result))}
<h4>Examples</h4>
${routes.map(({ curl }) => sample('curl', curl))}${socketio === undefined ? '' : sample('Socket.IO', socketio)}${raw === undefined ? '' : sample('Plain WebSocket', raw)}${sample('The answer', JSON.stringify({ [namespaces.length === 0 ? 'success' : 'ok']: true, ...exampleOf(result) }, null, 2))}
<p>Errors: ${prose([...errors].map((code) => `\`${code}\``).join(', '))}.</p>
</section>
`;
}
