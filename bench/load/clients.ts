import { Wire } from './wire.ts';

/** A client as the load is told of it. */
export type Member = {
  /** `http://host:port`. */
  url: string;
  protocol: 'socketio' | 'raw';
  /** Ours; a bare server asks for none. */
  token?: string;
  /** What a bare server wants to know, as a query. */
  query?: string;
  /** Where it sends to, if it sends. */
  conversationId?: number;
};

type Answered = (ok: boolean, buffer: Buffer, start: number, end: number) => void;

/** One connection that counts what it is told, and asks for operations. */
export type Client = {
  readonly wire: Wire;
  /** Events told so far, those of presence left out. */
  told: number;
  ask(operation: string, fields: string, answered: Answered): void;
  /** Called for each event, where somebody wants to look at it. */
  event?: (buffer: Buffer, start: number, end: number) => void;
};

export const connectClient = (member: Member): Promise<Client> =>
  member.protocol === 'socketio' ? connectSocketio(member) : connectRaw(member);

/** Ours lives in the namespace /chat and wants a token; a bare server has the main namespace and no authentication. */
async function connectSocketio({ url, token, query }: Member): Promise<Client> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query === undefined ? '' : `&${query}`}`;
  const wire = await Wire.open(address);
  const namespace = token === undefined ? '' : '/chat,';
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const asked = new Map<number, Answered>();
  let last = 0;
  const client: Client = {
    wire,
    told: 0,
    ask(operation, fields, answered) {
      last += 1;
      asked.set(last, answered);
      wire.send(`42${namespace}${last}["${operation}",{${fields}}]`);
    },
  };
  const skip = 2 + namespace.length;
  wire.heard = (buffer, start, end) => {
    const kind = buffer[start];
    if (kind === PING) return wire.send('3');
    if (kind === OPEN) return wire.send(`40${token === undefined ? '' : `${namespace}{"token":"${token}"}`}`);
    const packet = buffer[start + 1];
    if (packet === EVENT) {
      client.told += 1;
      client.event?.(buffer, start + skip, end);
    } else if (packet === ACK) answerTo(asked, buffer, start + skip, end);
    else if (packet === CONNECTED) resolve(client);
    else if (packet === REFUSED) reject(new Error(buffer.toString('utf8', start, end)));
  };
  return promise;
}

async function connectRaw({ url, token, query }: Member): Promise<Client> {
  const parameters = token === undefined ? (query ?? '') : `token=${token}`;
  const wire = await Wire.open(`${url.replace('http', 'ws')}/api/ws?${parameters}`);
  const asked = new Map<number, Answered>();
  let last = 0;
  const client: Client = {
    wire,
    told: 0,
    ask(operation, fields, answered) {
      last += 1;
      asked.set(last, answered);
      wire.send(`{"type":"${operation}","ref":${last},${fields}}`);
    },
  };
  wire.heard = (buffer, start, end) => {
    // {"type":"ack","ref":1,"ok":true …
    if (buffer[start + TYPE_AT] === LETTER_A) return answerTo(asked, buffer, start + REF_AT, end);
    if (buffer[start + TYPE_AT] !== LETTER_P) client.told += 1; // presence, which on Socket.IO is another namespace
    client.event?.(buffer, start, end);
  };
  return client;
}

/** Reads the number of an acknowledgement, then looks for the `true` of its `"ok":true`. */
function answerTo(asked: Map<number, Answered>, buffer: Buffer, from: number, end: number): void {
  let ref = 0;
  let at = from;
  for (let digit = digitAt(buffer, at); digit >= 0 && digit <= 9; digit = digitAt(buffer, at)) {
    ref = ref * 10 + digit;
    at += 1;
  }
  const ok = buffer[at + 7] === LETTER_T || buffer[at + 6] === LETTER_T; // [{"ok":true  or  ,"ok":true
  const answered = asked.get(ref);
  asked.delete(ref);
  answered?.(ok, buffer, at, end);
}

const digitAt = (buffer: Buffer, at: number) => (buffer[at] ?? 0) - 48;
const code = (letter: string) => letter.charCodeAt(0);
const [OPEN, PING, CONNECTED, EVENT, ACK, REFUSED] = ['0', '2', '0', '2', '3', '4'].map(code) as [
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
