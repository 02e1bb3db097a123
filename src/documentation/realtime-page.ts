import { CLOSE_CODES } from '../close-codes.ts';
import { type Html, html } from '../html.ts';
import { NAMESPACE_OF, type ServerEventName } from '../protocol.ts';
import { catalogue, type Documented, parts } from './catalogue.ts';
import { EVENT_FIELDS, EVENT_SUMMARIES } from './events.ts';
import { EXAMPLE_ORIGIN } from './examples.ts';
import { fieldTable } from './field-tables.ts';
import { exampleOf, schemaOf } from './fields.ts';
import { page, prose, sample, table } from './page.ts';

const CONNECT = `import { io } from 'socket.io-client';

const chat = io('${EXAMPLE_ORIGIN}/chat', { auth: { token } });
const presence = io('${EXAMPLE_ORIGIN}/presence', { auth: { token } });
chat.on('message', (message) => console.log(message.sender_username, message.content));`;

const FRAMES = `> {"type":"message","ref":1,"conversation_id":100,"content":"Hello!"}
< {"type":"ack","ref":1,"ok":true,"conversation_id":100,"message_id":5003,"seq":17, …}
> {"type":"message","ref":2,"conversation_id":999,"content":"Hello?"}
< {"type":"ack","ref":2,"ok":false,"error":{"code":"not_participant","message":"You are not in this conversation."}}`;

/** The page about sockets: how to connect, every event, and every operation with an example for each way in. */
export function realtimePage(): string {
  const names = Object.keys(NAMESPACE_OF) as ServerEventName[];
  return page(
    '/docs/realtime',
    html`<main>
<h1>Realtime</h1>
<ul class="contents">
<li><a href="#socketio">Socket.IO</a></li>
<li><a href="#websocket">Plain WebSocket</a></li>
<li><a href="#events">Events</a></li>
${parts.map((part) => html`<li><a href="#${part.toLowerCase()}">${part}</a></li>\n`)}</ul>

<h2 id="socketio">Socket.IO</h2>
<p>${prose('Connect to `/chat` and, for presence and typing, to `/presence`; both share one connection. `/chat` loses nothing: every durable change bears a number, and what a client misses it can catch up on with `sync`. `/presence` is the latest state only, may be dropped, and expires by itself.')}</p>
<p>${prose('An event’s argument is its payload. An operation is an event with its input and an acknowledgement: `{ ok: true, … }` after the commit, or `{ ok: false, error: { code, message, fields?, retry_after? } }`. A failed operation that was emitted without one is told as an `error` event. So is the end of the session, before the disconnect.')}</p>
${sample('Connecting', CONNECT)}
<h2 id="websocket">Plain WebSocket</h2>
<p>${prose('Connect to `/api/ws`, best with `?ticket=`. Each text frame is one JSON object with `type`. The connection gets the events of both namespaces. An operation is a frame whose `type` is the operation’s name, with the input beside it; the answer bears its `ref` again. Without `ref` a success is silent, and a failure is told as an `error` frame.')}</p>
${sample('Frames', FRAMES)}
<p>Pings come every 25 s; who does not answer within 20 s is cut. Frames are at most 64 kB.</p>
${table(
  ['Close code', 'When'],
  Object.values(CLOSE_CODES).map(({ code, when }) => [code, prose(when)]),
)}
<h2 id="events">Events</h2>
${names.map(eventSection)}
${parts.map(partSection)}
</main>`,
  );
}

function eventSection(name: ServerEventName): Html {
  const fields = EVENT_FIELDS[name];
  const payload = exampleOf(fields);
  return html`<section aria-labelledby="event-${name}">
<h3 id="event-${name}"><code>${name}</code></h3>
<p>${EVENT_SUMMARIES[name]} Carried by <code>${NAMESPACE_OF[name]}</code>.</p>
${fieldTable(schemaOf(fields))}
${sample('As a frame', JSON.stringify({ type: name, ...payload }))}
</section>
`;
}

const partSection = (part: string): Html => html`<h2 id="${part.toLowerCase()}">${part}</h2>
${catalogue.filter((each) => each.part === part).map(operationSection)}`;

function operationSection({
  name,
  summary,
  details,
  route,
  sockets,
  input,
  result,
  codes,
  examples,
}: Documented): Html {
  const { curl, socketio, raw } = examples;
  return html`<section aria-labelledby="${name}">
<h3 id="${name}"><code>${name}</code></h3>
<p>${prose(`${summary}.`)} ${prose(details ?? '')}</p>
<p>${prose(
    [route, ...sockets]
      .map((way) => (way === undefined ? '' : `\`${way}\``))
      .filter(Boolean)
      .join(' · '),
  )}${sockets.length === 0 ? ' – over HTTP alone.' : ''}</p>
<h4>Takes</h4>
${fieldTable(input.schema)}
<h4>Gives</h4>
${fieldTable(schemaOf(result))}
<h4>Examples</h4>
${curl === undefined ? '' : sample('curl', curl)}${socketio === undefined ? '' : sample('Socket.IO', socketio)}${raw === undefined ? '' : sample('Plain WebSocket', raw)}${sample('The answer', JSON.stringify({ [sockets.length === 0 ? 'success' : 'ok']: true, ...exampleOf(result) }, null, 2))}
<p>Errors: ${prose(codes.http.map((code) => `\`${code}\``).join(', '))}.</p>
</section>
`;
}
