import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { operationNamed } from '../../src/operations.ts';
import { type Answer, Inbox, type ServerEvent } from './inbox.ts';

/** A client of any transport. */
export type Client = {
  readonly transport: 'rest' | 'socketio' | 'raw';
  /** Calls an operation by its name (`message`, `list_messages`, …) and returns its answer. */
  ask(operation: string, input?: object): Promise<Answer>;
  /** The events that the client has received; a REST client receives none. */
  readonly inbox: Inbox;
  /** Resolves when the server has closed the connection, with the close code or Socket.IO's reason. */
  readonly closed: Promise<string | number>;
  close(): void;
};
export type { Answer, ServerEvent };

export function rest(url: string, token?: string): Client {
  return {
    transport: 'rest',
    inbox: new Inbox(),
    closed: new Promise(() => undefined),
    close: () => undefined,
    async ask(name, input = {}) {
      const { method, path, body } = requestOf(name, input);
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body }),
      });
      return answerOf(response.status, (await response.json()) as Record<string, unknown>);
    },
  };
}

export type SocketOptions = { transports?: string[]; receipts?: unknown };

/** A Socket.IO client on both namespaces, over one connection; `receipts: true` subscribes to live delivery receipts. */
export async function socketio(
  url: string,
  token: string,
  { receipts, ...options }: SocketOptions = {},
): Promise<Client> {
  const inbox = new Inbox();
  const common = {
    auth: { token, receipts },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    ...options,
  };
  const chat = io(`${url}/chat`, common);
  const presence = chat.io.socket('/presence', { auth: { token } });
  for (const socket of [chat, presence])
    socket.onAny((type: string, payload: object) => inbox.add({ ...payload, type }));
  const closed = new Promise<string>((resolve) => chat.once('disconnect', resolve));
  await Promise.all([connected(chat), connected(presence)]);
  return {
    transport: 'socketio',
    inbox,
    closed,
    ask: (name, input = {}) => chat.timeout(120_000).emitWithAck(name, input) as Promise<Answer>,
    close: () => {
      chat.disconnect();
      presence.disconnect();
    },
  };
}

const connected = (socket: Socket) =>
  new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
    socket.io.once('close', reject); // closed during admission
  });

export async function raw(url: string, token: string): Promise<Client> {
  return rawAt(`${url.replace('http', 'ws')}/api/ws?token=${token}`);
}

/** A plain WebSocket client at any address of the server. */
export async function rawAt(
  address: string,
  headers: Record<string, string> = {},
): Promise<Client & { socket: WebSocket }> {
  const socket = new WebSocket(address, { headers });
  const inbox = new Inbox();
  const waiting = new Map<number, (answer: Answer) => void>();
  let ref = 0;
  socket.on('message', (data) => {
    const { type, ref: of, ...rest } = JSON.parse(String(data));
    if (type === 'ack') waiting.get(of)?.(rest);
    else inbox.add({ type, ...rest });
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    transport: 'raw',
    socket,
    inbox,
    closed,
    ask: (type, input = {}) => {
      ref += 1;
      socket.send(JSON.stringify({ ...input, type, ref }));
      return new Promise((resolve) => waiting.set(ref, resolve));
    },
    close: () => socket.close(),
  };
}

/** The HTTP request of an operation: path parameters and the query are taken from the input. */
function requestOf(name: string, input: object) {
  const route = operationNamed(name)?.routes[0];
  if (route === undefined) throw new Error(`${name} has no place in the REST API`);
  const [method, pattern] = route.split(' ') as [string, string];
  const fields: Record<string, unknown> = { ...input };
  const path = pattern.replace(/:(\w+)/g, (_, field: string) => {
    const value = fields[field];
    delete fields[field];
    return encodeURIComponent(String(value));
  });
  if (method !== 'GET') return { method, path, body: method === 'DELETE' ? '' : JSON.stringify(fields) };
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  const query = new URLSearchParams(
    Object.entries(fields).map(([field, value]): [string, string] => [field, text(value)]),
  );
  return { method, path: query.size > 0 ? `${path}?${query}` : path, body: '' };
}

function answerOf(status: number, { success, error, code, fields, ...result }: Record<string, unknown>): Answer {
  if (success === true) return { ok: true, status, ...result } as Answer; // without an error
  return { ok: false, status, error: { code, message: error, ...(fields !== undefined && { fields }) } } as Answer;
}
