import { CLOSE_CODES } from '../close-codes.ts';
import { ERRORS } from '../errors.ts';
import type { JsonSchema } from '../json-schema.ts';
import { NAMESPACE_OF, type ServerEventName } from '../protocol.ts';
import { catalogue, type Documented } from './catalogue.ts';
import { EVENT_FIELDS, EVENT_SUMMARIES } from './events.ts';
import { frameExample, socketExample } from './examples.ts';
import { type AnyFields, exactly, exampleOf, group, optional, schemaOf, text, whole } from './fields.ts';
import { VERSION } from './version.ts';

type Json = Readonly<Record<string, unknown>>;
type Ref = { readonly $ref: string };
type Door = 'chat' | 'presence' | 'raw';

const ABOUT = `Every operation and every event of MmChat over Socket.IO and over plain WebSocket; they are the same on both.
The same operations are there over HTTP: see [the REST documentation](/docs/rest) and its [OpenAPI document](/openapi.json).

Over Socket.IO a message's name is the event's, its payload the argument, and a reply is the acknowledgement. On a plain
WebSocket a message is one text frame of JSON with \`type\` in it, and a reply bears the \`ref\` of its request.

Answers and events may get more fields, never other ones: ignore what you do not know. Times are RFC 3339 in UTC.`;

/** Why an operation failed. */
const failure = {
  code: { ...text('What programs go by.', 'not_participant'), schema: { type: 'string', enum: Object.keys(ERRORS) } },
  message: text('A sentence for people.', ERRORS.not_participant.message),
  fields: {
    ...optional(text('', '')),
    example: [{ field: 'content', message: 'is missing' }],
    schema: {
      type: 'array',
      description: 'With `invalid_input` and `unknown_member`: what is wrong with which field.',
      items: schemaOf({ field: text('The field.', 'content'), message: text('What is wrong.', 'is missing') }),
    },
  },
  retry_after: optional(whole('With `rate_limited` and others: the seconds after which it is worth another try.', 2)),
};
const why = group(failure, 'Why.');
const ref = {
  schema: {
    anyOf: [
      { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'string', maxLength: 64 },
    ],
    description: 'A text of at most 64 characters or a whole number of yours; the answer bears it again.',
  },
  example: 1,
  optional: true,
};
const answered = { type: exactly('ack'), ref: { ...ref, optional: false } };

const DOORS: Readonly<Record<Door, Json>> = {
  chat: {
    address: '/chat',
    title: 'The namespace /chat',
    description:
      'Loses nothing: every durable change bears a number, and what a client misses it can catch up on with `sync`.',
    servers: [{ $ref: '#/servers/socketio' }],
  },
  presence: {
    address: '/presence',
    title: 'The namespace /presence',
    description: 'The latest state only: it may be dropped under load, and expires by itself.',
    servers: [{ $ref: '#/servers/socketio' }],
  },
  raw: {
    address: '/api/ws',
    title: 'The plain WebSocket',
    description: `The events of both namespaces. Pings come every 25 s. Close codes: ${closeCodes()}.`,
    servers: [{ $ref: '#/servers/websocket' }],
    bindings: { ws: { method: 'GET', query: ways(), bindingVersion: '0.1.0' } },
  },
};

function closeCodes(): string {
  return Object.values(CLOSE_CODES)
    .map(({ code, when }) => `${code}: ${when}`)
    .join('; ');
}

function ways(): JsonSchema {
  return {
    type: 'object',
    properties: {
      ticket: { type: 'string', description: 'What `ws_ticket` gave: works once, within 30 seconds.' },
      token: { type: 'string', description: 'The session’s token. URLs get into logs: a ticket is better.' },
    },
  };
}

const SECURITY: Readonly<Record<string, Json>> = {
  token: { type: 'apiKey', in: 'user', description: 'Socket.IO: `auth: { token }` when connecting.' },
  cookie: { type: 'httpApiKey', name: 'token', in: 'cookie', description: 'The session’s cookie; for browsers.' },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'On the handshake or the upgrade; for programs.',
  },
  ticket: {
    type: 'httpApiKey',
    name: 'ticket',
    in: 'query',
    description: '`/api/ws?ticket=…`: works once, within 30 s.',
  },
};
const allowed = (...names: string[]): Ref[] => names.map((name) => ({ $ref: `#/components/securitySchemes/${name}` }));

type Message = { door: Door; key: string; name: string; summary: string; fields: AnyFields; example?: unknown };

function messageOf({ name, summary, fields, example = exampleOf(fields) }: Message): Json {
  return {
    name,
    title: name,
    summary,
    contentType: 'application/json',
    payload: schemaOf(fields),
    examples: [{ name: 'example', payload: example }],
  };
}

const doorsOf = ({ sockets }: Documented): Door[] =>
  sockets.includes('/presence') ? ['chat', 'presence', 'raw'] : sockets.length > 0 ? ['chat', 'raw'] : [];

/** What a client asks and how it is answered, in the form of one way in. */
function exchange(door: Door, each: Documented): Message[] {
  const { name, summary } = each;
  const given = inputFields(each);
  const example = { ...(door === 'raw' && { type: name, ref: 1 }), ...each.input.example };
  const frame = door === 'raw' ? { type: exactly(name), ref } : {};
  const bears = door === 'raw' ? answered : {};
  return [
    { door, key: `${name}.request`, name, summary, fields: { ...frame, ...given }, example },
    {
      door,
      key: `${name}.answer`,
      name: `${name} answer`,
      summary: 'It is done.',
      fields: { ...bears, ok: exactly(true), ...each.result },
    },
  ];
}

function inputFields({ input }: Documented): AnyFields {
  const { properties = {}, required = [] } = input.schema;
  return Object.fromEntries(
    Object.entries(properties).map(([name, { examples = [], ...schema }]) => [
      name,
      { schema, example: examples[0], optional: !required.includes(name) },
    ]),
  );
}

/** What the server tells by itself: the events of a namespace, or all of them, and what went wrong. */
function told(door: Door): Message[] {
  const names = (Object.keys(NAMESPACE_OF) as ServerEventName[]).filter(
    (name) => door === 'raw' || NAMESPACE_OF[name] === `/${door}`,
  );
  const events = names.map((name): Message => {
    const fields = { ...(door === 'raw' && { type: exactly(name) }), ...EVENT_FIELDS[name] };
    return { door, key: `${name}.event`, name, summary: EVENT_SUMMARIES[name], fields };
  });
  const fields = door === 'raw' ? { type: exactly('error'), ok: exactly(false), error: why } : failure;
  const summary = 'The session is over, or an operation that wanted no answer failed.';
  return [...events, { door, key: 'error.event', name: 'error', summary, fields }];
}

/** The answer that says why an operation failed. */
function refusal(door: Door): Message {
  const fields = { ...(door === 'raw' ? answered : {}), ok: exactly(false), error: why };
  return { door, key: 'failure', name: 'failure', summary: 'It failed, and nothing was changed.', fields };
}

/** The realtime API as an AsyncAPI 3 document. */
export function asyncApi(): Json {
  const doors = Object.keys(DOORS) as Door[];
  const messages = doors.flatMap((door) => [
    ...catalogue.filter((each) => doorsOf(each).includes(door)).flatMap((each) => exchange(door, each)),
    refusal(door),
    ...told(door),
  ]);
  return {
    asyncapi: '3.0.0',
    info: { title: 'MmChat', version: VERSION, description: ABOUT, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: {
      socketio: {
        host: 'localhost:8080',
        pathname: '/socket.io/',
        protocol: 'socketio',
        protocolVersion: '5',
        description: 'Socket.IO, with the namespaces `/chat` and `/presence` over one connection.',
        security: allowed('token', 'cookie', 'bearer'),
      },
      websocket: {
        host: 'localhost:8080',
        protocol: 'ws',
        description: 'Plain WebSocket.',
        security: allowed('ticket', 'cookie', 'bearer'),
      },
    },
    channels: Object.fromEntries(doors.map((door) => [door, channelOf(door, messages)])),
    operations: Object.fromEntries(doors.flatMap((door) => operationsOf(door))),
    components: {
      messages: Object.fromEntries(messages.map((each) => [`${each.door}.${each.key}`, messageOf(each)])),
      securitySchemes: SECURITY,
    },
  };
}

function sampleOf(door: Door, { name, input }: Documented): Json {
  if (door === 'raw') return { lang: 'JSON', label: 'WebSocket', source: frameExample(name, input.example) };
  return { lang: 'JavaScript', label: 'Socket.IO', source: socketExample(`/${door}`, name, input.example) };
}

function channelOf(door: Door, messages: readonly Message[]): Json {
  const own = messages.filter((each) => each.door === door);
  return {
    ...DOORS[door],
    messages: Object.fromEntries(own.map(({ key }) => [key, { $ref: `#/components/messages/${door}.${key}` }])),
  };
}

function operationsOf(door: Door): [string, Json][] {
  const channel = { $ref: `#/channels/${door}` };
  const messages = (...keys: string[]) => keys.map((key) => ({ $ref: `#/channels/${door}/messages/${key}` }));
  const asked = catalogue
    .filter((each) => doorsOf(each).includes(door))
    .map((each): [string, Json] => {
      const { name, summary, details } = each;
      return [
        `${door}.${name}`,
        {
          action: 'receive',
          channel,
          summary,
          ...(details !== undefined && { description: details }),
          messages: messages(`${name}.request`),
          reply: { channel, messages: messages(`${name}.answer`, 'failure') },
          'x-codeSamples': [sampleOf(door, each)],
        },
      ];
    });
  const events = told(door).map(({ key, name, summary }): [string, Json] => [
    `${door}.${key}`,
    { action: 'send', channel, title: name, summary, messages: messages(key) },
  ]);
  return [...asked, ...events];
}
