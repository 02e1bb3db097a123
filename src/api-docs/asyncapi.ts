import { CLOSE_CODES } from '../delivery/close-codes.ts';
import { EVENT_FIELDS, EVENT_NAMES, EVENT_SUMMARIES, eventPayload } from '../delivery/event-fields.ts';
import { ERRORS } from '../operation/errors.ts';
import { type AnyFields, anyGroup, exactly, flag, optional, text, whole } from '../operation/fields.ts';
import type { JsonSchema } from '../operation/json-schema.ts';
import { typeName } from '../operation/json-schema.ts';
import { sections } from '../operations.ts';
import { NAMESPACE_OF } from '../protocol.ts';
import { withComponents } from './components.ts';
import { EXAMPLE_HOST, EXAMPLE_ORIGIN, frameExample, socketExample } from './examples.ts';
import { codeSchema, fieldError } from './failure.ts';
import { documentedOperations, type OperationDocs } from './operation-docs.ts';
import { VERSION } from './version.ts';

type Json = Readonly<Record<string, unknown>>;
type Ref = { readonly $ref: string };
type Channel = 'chat' | 'presence' | 'raw';

const DESCRIPTION = `All operations and events of MmChat over Socket.IO and plain WebSocket; they are the same on both.
The operations are also available over HTTP: see [the REST documentation](/docs/rest) and its [OpenAPI document](/openapi.json).

Over Socket.IO the name of a message is the name of the event, its payload the argument, and a reply is the acknowledgement.
On a plain WebSocket a message is one text frame of JSON with \`type\`, and a reply contains the \`ref\` of its request.

Later versions may add fields to answers and events: ignore unknown fields. Times are RFC 3339 in UTC.`;

const failureFields = {
  code: { ...text('The code of the error, for programs.', 'not_participant'), schema: codeSchema },
  message: text('A sentence for people.', ERRORS.not_participant.message),
  fields: {
    ...optional(text('', '')),
    example: [{ field: 'content', message: 'is missing' }],
    schema: {
      type: 'array',
      description: 'With `invalid_input` and `unknown_member`: the invalid fields.',
      items: fieldError,
    },
  },
  retry_after: optional(whole('With `rate_limited` and others: the seconds after which to retry.', 2)),
};
const error = anyGroup('Error', failureFields, 'Why an operation failed.');
const ref = {
  schema: {
    anyOf: [
      { type: 'integer', format: 'int64', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'string', maxLength: 64 },
    ],
    description: 'A text of at most 64 characters or a whole number, chosen by the client; the answer contains it.',
  },
  example: 1,
  optional: true,
};
const ackFields = { type: exactly('ack'), ref: { ...ref, optional: false } };

const CHANNELS: Readonly<Record<Channel, Json>> = {
  chat: {
    address: '/chat',
    title: 'The namespace /chat',
    description:
      'Loses nothing: every durable change has a sequence number, and a client requests the changes that it missed with `sync`.',
    servers: [{ $ref: '#/servers/socketio' }],
  },
  presence: {
    address: '/presence',
    title: 'The namespace /presence',
    description: 'The latest state only: events may be dropped under load, and the state expires.',
    servers: [{ $ref: '#/servers/socketio' }],
  },
  raw: {
    address: '/api/ws',
    title: 'The plain WebSocket',
    description: `The events of both namespaces. Pings come every 25 s. Close codes: ${closeCodes()}.`,
    servers: [{ $ref: '#/servers/websocket' }],
    bindings: { ws: { method: 'GET', query: querySchema(), bindingVersion: '0.1.0' } },
  },
};

function closeCodes(): string {
  return Object.values(CLOSE_CODES)
    .map(({ code, when }) => `${code}: ${when}`)
    .join('; ');
}

function querySchema(): JsonSchema {
  return {
    type: 'object',
    properties: {
      ticket: { type: 'string', description: 'The ticket from `ws_ticket`: works once, within 30 seconds.' },
      token: { type: 'string', description: 'The session’s token. URLs appear in logs: prefer a ticket.' },
      receipts: { type: 'string', description: '`1` or `true` enables `delivery_receipt` events.', examples: ['1'] },
    },
  };
}

const SECURITY: Readonly<Record<string, Json>> = {
  token: {
    type: 'apiKey',
    in: 'user',
    description:
      'Socket.IO: `auth: { token }` when connecting; `auth: { token, receipts: true }` also enables `delivery_receipt` events.',
  },
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

type Payload = { schema: JsonSchema; example: unknown };
type Message = { channel: Channel; key: string; name: string; summary: string; payload: Payload };

const messageOf = ({ name, summary, payload: { schema, example } }: Message): Json => ({
  name,
  title: name,
  summary,
  contentType: 'application/json',
  payload: schema,
  examples: [{ name: 'example', payload: example }],
});

const channelsOf = ({ namespaces }: OperationDocs): Channel[] =>
  namespaces.includes('/presence') ? ['chat', 'presence', 'raw'] : namespaces.length > 0 ? ['chat', 'raw'] : [];

/** The request and the answer of an operation on a channel. */
function requestAndAnswer(channel: Channel, each: OperationDocs): Message[] {
  const { name, summary } = each;
  const type = typeName(each.id);
  const isFrame = channel === 'raw';
  const input = anyGroup(
    isFrame ? `${type}Frame` : `${type}Input`,
    { ...(isFrame && { type: exactly(name), ref }), ...inputFields(each) },
    `${summary}.`,
  );
  const example = { ...(isFrame && { type: name, ref: 1 }), ...each.input.example };
  const answer = anyGroup(
    isFrame ? `${type}AnswerFrame` : `${type}Answer`,
    { ...(isFrame && ackFields), ok: flag('Always true.', true), ...each.result },
    'The operation succeeded.',
  );
  return [
    { channel, key: `${name}.request`, name, summary, payload: { ...input, example } },
    { channel, key: `${name}.answer`, name: `${name} answer`, summary: 'The operation succeeded.', payload: answer },
  ];
}

function inputFields({ input }: OperationDocs): AnyFields {
  const { properties = {}, required = [] } = input.schema;
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      { schema, example: schema.examples?.[0], optional: !required.includes(name) },
    ]),
  );
}

/** The messages that the server publishes on a channel: events and errors. */
function publishedEvents(channel: Channel): Message[] {
  const names = EVENT_NAMES.filter((name) => channel === 'raw' || NAMESPACE_OF[name] === `/${channel}`);
  const events = names.map((name): Message => {
    const summary = EVENT_SUMMARIES[name];
    const frame = { type: exactly(name), ...EVENT_FIELDS[name] };
    const payload = channel === 'raw' ? anyGroup(`${typeName(name)}EventFrame`, frame, summary) : eventPayload(name);
    return { channel, key: `${name}.event`, name, summary, payload };
  });
  const summary = 'The session has ended, or an operation that requested no answer failed.';
  const frame = { type: exactly('error'), ok: flag('Always false.', false), error };
  const payload = channel === 'raw' ? anyGroup('ErrorEventFrame', frame, summary) : error;
  return [...events, { channel, key: 'error.event', name: 'error', summary, payload }];
}

/** The answer to an operation that failed. */
function failure(channel: Channel): Message {
  const isFrame = channel === 'raw';
  const summary = 'The operation failed and changed nothing.';
  const fields = { ...(isFrame && ackFields), ok: flag('Always false.', false), error };
  const payload = anyGroup(isFrame ? 'FailureFrame' : 'Failure', fields, summary);
  return { channel, key: 'failure', name: 'failure', summary, payload };
}

/**
 * The realtime API as an AsyncAPI 3 document, for a server at the address of the examples.
 * @param isSecure whether it is reached over HTTPS
 */
export function asyncApi(isSecure = false): Json {
  const channels = Object.keys(CHANNELS) as Channel[];
  const messages = channels.flatMap((channel) => [
    ...operationsOn(channel).flatMap((each) => requestAndAnswer(channel, each)),
    failure(channel),
    ...publishedEvents(channel),
  ]);
  return withComponents({
    asyncapi: '3.0.0',
    info: {
      title: 'MmChat',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      tags: Object.entries(sections).map(([name, { about }]) => ({ name, description: about })),
      externalDocs: { description: 'The REST API', url: `${EXAMPLE_ORIGIN}/docs/rest` },
    },
    defaultContentType: 'application/json',
    servers: {
      socketio: {
        host: EXAMPLE_HOST,
        pathname: '/socket.io/',
        protocol: 'socketio',
        protocolVersion: '5',
        description: 'Socket.IO, with the namespaces `/chat` and `/presence` over one connection.',
        security: allowed('token', 'cookie', 'bearer'),
      },
      websocket: {
        host: EXAMPLE_HOST,
        protocol: isSecure ? 'wss' : 'ws',
        description: 'Plain WebSocket.',
        security: allowed('ticket', 'cookie', 'bearer'),
      },
    },
    channels: Object.fromEntries(channels.map((channel) => [channel, channelObject(channel, messages)])),
    operations: Object.fromEntries(channels.flatMap((channel) => operationObjects(channel))),
    components: {
      messages: Object.fromEntries(messages.map((each) => [`${each.channel}.${each.key}`, messageOf(each)])),
      securitySchemes: SECURITY,
    },
  });
}

const operationsOn = (channel: Channel) => documentedOperations.filter((each) => channelsOf(each).includes(channel));

function sampleOf(channel: Channel, { name, input }: OperationDocs): Json {
  if (channel === 'raw') return { lang: 'JSON', label: 'WebSocket', source: frameExample(name, input.example) };
  return { lang: 'JavaScript', label: 'Socket.IO', source: socketExample(`/${channel}`, name, input.example) };
}

function channelObject(channel: Channel, messages: readonly Message[]): Json {
  const own = messages.filter((each) => each.channel === channel);
  return {
    ...CHANNELS[channel],
    messages: Object.fromEntries(own.map(({ key }) => [key, { $ref: `#/components/messages/${channel}.${key}` }])),
  };
}

function operationObjects(name: Channel): [string, Json][] {
  const channel = { $ref: `#/channels/${name}` };
  const messages = (...keys: string[]) => keys.map((key) => ({ $ref: `#/channels/${name}/messages/${key}` }));
  const received = operationsOn(name).map((each): [string, Json] => [
    `${name}.${each.name}`,
    {
      action: 'receive',
      channel,
      title: each.id,
      summary: each.summary,
      description: each.details,
      messages: messages(`${each.name}.request`),
      reply: { channel, messages: messages(`${each.name}.answer`, 'failure') },
      'x-codeSamples': [sampleOf(name, each)],
    },
  ]);
  const sent = publishedEvents(name).map(({ key, name: title, summary }): [string, Json] => [
    `${name}.${key}`,
    { action: 'send', channel, title, summary, description: summary, messages: messages(key) },
  ]);
  return [...received, ...sent];
}
