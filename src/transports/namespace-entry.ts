import type { IncomingMessage } from 'node:http';
import { type ChatServer, NAMESPACES } from '../chat-server.ts';
import type { Log } from './answer.ts';
import { addressOf } from './credentials.ts';
import { CLOSE_REFUSED_AFTER_MS, ENTER_WITHIN_MS, MOST_CONNECTS, MOST_NAMESPACES } from './engine-limits.ts';

/** An Engine.IO connection, as far as what comes in goes. */
export type Connection = {
  readonly request: IncomingMessage;
  readonly transport: { readonly socket?: { close(code: number, reason: string): void } };
  on(event: 'packet', listener: (packet: { type: string; data?: unknown }) => void): void;
  close(discard?: boolean): void;
};

const CONNECT = '0';
const DISCONNECT = '1';
const EVENT_CODE = '2'.charCodeAt(0);
/** What the default parser of Socket.IO makes of anything that is not binary begins with one of these. */
const PACKET = /^[0-4]/;
const UNSUPPORTED_DATA = 1003;
const LOG_EVERY_MS = 60_000;
const KNOWN = new Set<string>(NAMESPACES);

/**
 * Bounds what a Socket.IO connection may ask for: it enters a namespace once at a time, asks for few and not without end,
 * and speaks the default protocol. Socket.IO itself would make a socket of every CONNECT, and answer none that it cannot read.
 * @param trustedProxies how many proxies to believe about the client's address
 */
export function guardNamespaceEntry(io: ChatServer, log: Pick<Log, 'warn'>, trustedProxies: number): void {
  const logRefusal = oncePerMinute((address: string) =>
    log.warn(
      { address },
      'Socket.IO client cut: it does not use the default parser, so it will come back and be cut again',
    ),
  );
  io.engine.on('connection', (opened) => {
    const connection = opened as unknown as Connection; // its types say less than what it is
    const entry = new NamespaceEntry(connection);
    connection.on('packet', ({ type, data }) => {
      if (type !== 'message' || isEvent(data)) return;
      if (typeof data !== 'string' || !PACKET.test(data)) {
        logRefusal(addressOf(connection.request, trustedProxies));
        connection.transport.socket?.close(UNSUPPORTED_DATA, 'not the default Socket.IO parser');
        connection.close(true);
      } else if (data.startsWith(CONNECT)) entry.connect(namespaceOf(data));
      else if (data.startsWith(DISCONNECT)) entry.disconnect(namespaceOf(data));
    });
  });
}

/** Nearly all packets are: they cost no more than a look at the first character. */
const isEvent = (data: unknown) => typeof data === 'string' && data.charCodeAt(0) === EVENT_CODE;

/** What one connection has asked for. */
class NamespaceEntry {
  readonly #connection: Connection;
  #asked: readonly string[] = []; // never more than a few: less memory than a set
  #count = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  connect(namespace: string): void {
    this.#count += 1;
    const tooMany = this.#asked.length >= MOST_NAMESPACES || this.#count > MOST_CONNECTS;
    if (tooMany || this.#asked.includes(namespace)) return this.#connection.close(true);
    this.#asked = [...this.#asked, namespace];
    if (!KNOWN.has(namespace)) closeRefused(this.#connection); // Socket.IO answers that there is none
  }

  disconnect(namespace: string): void {
    this.#asked = this.#asked.filter((each) => each !== namespace);
    if (this.#asked.length > 0) return;
    setTimeout(() => {
      if (this.#asked.length === 0) this.#connection.close();
    }, ENTER_WITHIN_MS).unref();
  }
}

function oncePerMinute(log: (address: string) => void): (address: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    log(address);
  };
}

/** Closes a connection that was refused for good, once its client has been told. */
export function closeRefused(connection: Pick<Connection, 'close'>): void {
  setTimeout(() => connection.close(), CLOSE_REFUSED_AFTER_MS).unref();
}

/** `0/chat,{…}` is for `/chat`; without a name it is `/`. */
function namespaceOf(packet: string): string {
  if (packet[1] !== '/') return '/';
  const end = packet.indexOf(',');
  return end === -1 ? packet.slice(1) : packet.slice(1, end);
}
