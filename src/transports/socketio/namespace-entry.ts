import type { IncomingMessage } from 'node:http';
import { type ChatServer, NAMESPACES } from '../../delivery/socket-types.ts';
import type { Log } from '../call.ts';
import { addressOf } from '../credentials.ts';
import { CLOSE_REFUSED_AFTER_MS, MOST_CONNECTS, MOST_NAMESPACES } from './engine-limits.ts';

/** The parts of an Engine.IO connection that concern incoming packets. */
export type Connection = {
  readonly request: IncomingMessage;
  readonly transport: { readonly socket?: { close(code: number, reason: string): void } };
  on(event: 'packet', listener: (packet: { type: string; data?: unknown }) => void): void;
  close(discard?: boolean): void;
};

const CONNECT = '0';
const DISCONNECT = '1';
const EVENT_CODE = '2'.charCodeAt(0);
/** Every non-binary packet of Socket.IO's default parser begins with one of these. */
const PACKET = /^[0-4]/;
const UNSUPPORTED_DATA = 1003;
const LOG_EVERY_MS = 60_000;
const KNOWN = new Set<string>(NAMESPACES);

/**
 * Bounds the namespaces of a Socket.IO connection: it enters each once at a time, few in all, with a limited number of attempts,
 * and speaks the default protocol. Socket.IO itself would make a socket of every CONNECT, and answer none that it cannot read.
 * @param trustedProxies how many proxies to believe about the client's address
 * @param enterWithinMs how long a connection may be in no namespace
 */
export function guardNamespaceEntry(
  io: ChatServer,
  log: Pick<Log, 'warn'>,
  trustedProxies: number,
  enterWithinMs: number,
): void {
  const logRefusal = oncePerMinute((address: string) =>
    log.warn(
      { address },
      'Socket.IO client cut: it does not use the default parser, so it will come back and be cut again',
    ),
  );
  io.engine.on('connection', (opened) => {
    const connection = opened as unknown as Connection; // its types say less than what it is
    const entry = new NamespaceEntry(connection, enterWithinMs);
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

/** The namespaces that one connection has requested. */
class NamespaceEntry {
  readonly #connection: Connection;
  readonly #enterWithinMs: number;
  #requested: readonly string[] = []; // never more than a few: less memory than a set
  #count = 0;

  constructor(connection: Connection, enterWithinMs: number) {
    this.#connection = connection;
    this.#enterWithinMs = enterWithinMs;
  }

  connect(namespace: string): void {
    this.#count += 1;
    const tooMany = this.#requested.length >= MOST_NAMESPACES || this.#count > MOST_CONNECTS;
    if (tooMany || this.#requested.includes(namespace)) return this.#connection.close(true);
    this.#requested = [...this.#requested, namespace];
    if (!KNOWN.has(namespace)) closeRefused(this.#connection); // Socket.IO answers that there is none
  }

  disconnect(namespace: string): void {
    this.#requested = this.#requested.filter((each) => each !== namespace);
    if (this.#requested.length > 0) return;
    setTimeout(() => {
      if (this.#requested.length === 0) this.#connection.close();
    }, this.#enterWithinMs).unref();
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

/** Closes a refused connection after its client has received the reason. */
export function closeRefused(connection: Pick<Connection, 'close'>): void {
  setTimeout(() => connection.close(), CLOSE_REFUSED_AFTER_MS).unref();
}

/** `0/chat,{…}` is for `/chat`; without a name it is `/`. */
function namespaceOf(packet: string): string {
  if (packet[1] !== '/') return '/';
  const end = packet.indexOf(',');
  return end === -1 ? packet.slice(1) : packet.slice(1, end);
}
