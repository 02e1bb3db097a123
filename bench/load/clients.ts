import { WebSocketConnection } from './websocket-connection.ts';

export type ClientOptions = {
  /** `http://host:port`. */
  url: string;
  protocol: 'socketio' | 'raw';
  /** For MmChat; baselines have no authentication. */
  token?: string;
  /** For baselines: the query of the URL. */
  query?: string;
  /** The conversation that the client sends to, if it sends. */
  conversationId?: number;
};

type Callback = (ok: boolean, buffer: Buffer, start: number, end: number) => void;

/** A connected client that counts the events that it receives. */
export type Client = {
  readonly connection: WebSocketConnection;
  /** Events received so far, without those of presence. */
  received: number;
  call(operation: string, fields: string, callback: Callback): void;
  /** Called for each event, if set. */
  onEvent?: (buffer: Buffer, start: number, end: number) => void;
};

export const connectClient = (options: ClientOptions): Promise<Client> =>
  options.protocol === 'socketio' ? connectSocketio(options) : connectRaw(options);

/** MmChat uses the namespace /chat and requires a token; the baseline uses the main namespace without authentication. */
async function connectSocketio({ url, token, query }: ClientOptions): Promise<Client> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query === undefined ? '' : `&${query}`}`;
  const connection = await WebSocketConnection.open(address);
  const namespace = token === undefined ? '' : '/chat,';
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const callbacks = new Map<number, Callback>();
  let lastId = 0;
  const client: Client = {
    connection,
    received: 0,
    call(operation, fields, callback) {
      lastId += 1;
      callbacks.set(lastId, callback);
      connection.send(`42${namespace}${lastId}["${operation}",{${fields}}]`);
    },
  };
  const headLength = 2 + namespace.length;
  connection.onText = (buffer, start, end) => {
    const engineType = buffer[start];
    if (engineType === PING) return connection.send('3');
    if (engineType === OPEN)
      return connection.send(`40${token === undefined ? '' : `${namespace}{"token":"${token}"}`}`);
    const packetType = buffer[start + 1];
    if (packetType === EVENT) {
      client.received += 1;
      client.onEvent?.(buffer, start + headLength, end);
    } else if (packetType === ACK) settle(callbacks, buffer, start + headLength, end);
    else if (packetType === CONNECT) resolve(client);
    else if (packetType === CONNECT_ERROR) reject(new Error(buffer.toString('utf8', start, end)));
  };
  return promise;
}

async function connectRaw({ url, token, query }: ClientOptions): Promise<Client> {
  const parameters = token === undefined ? (query ?? '') : `token=${token}`;
  const connection = await WebSocketConnection.open(`${url.replace('http', 'ws')}/api/ws?${parameters}`);
  const callbacks = new Map<number, Callback>();
  let lastId = 0;
  const client: Client = {
    connection,
    received: 0,
    call(operation, fields, callback) {
      lastId += 1;
      callbacks.set(lastId, callback);
      connection.send(`{"type":"${operation}","ref":${lastId},${fields}}`);
    },
  };
  connection.onText = (buffer, start, end) => {
    // {"type":"ack","ref":1,"ok":true …
    if (buffer[start + TYPE_AT] === LETTER_A) return settle(callbacks, buffer, start + REF_AT, end);
    if (buffer[start + TYPE_AT] !== LETTER_P) client.received += 1; // presence has its own namespace on Socket.IO
    client.onEvent?.(buffer, start, end);
  };
  return client;
}

/** Parses the id of an acknowledgement and the `true` of its `"ok":true`, then calls the callback of that id. */
function settle(callbacks: Map<number, Callback>, buffer: Buffer, from: number, end: number): void {
  let id = 0;
  let at = from;
  for (let digit = digitAt(buffer, at); digit >= 0 && digit <= 9; digit = digitAt(buffer, at)) {
    id = id * 10 + digit;
    at += 1;
  }
  const ok = buffer[at + 7] === LETTER_T || buffer[at + 6] === LETTER_T; // [{"ok":true  or  ,"ok":true
  const callback = callbacks.get(id);
  callbacks.delete(id);
  callback?.(ok, buffer, at, end);
}

const digitAt = (buffer: Buffer, at: number) => (buffer[at] ?? 0) - 48;
const code = (letter: string) => letter.charCodeAt(0);
/** Packet types of Engine.IO (the first two) and of Socket.IO. */
const [OPEN, PING, CONNECT, EVENT, ACK, CONNECT_ERROR] = ['0', '2', '0', '2', '3', '4'].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const [LETTER_A, LETTER_P, LETTER_T] = [code('a'), code('p'), code('t')];
const TYPE_AT = '{"type":"'.length;
const REF_AT = '{"type":"ack","ref":'.length;
