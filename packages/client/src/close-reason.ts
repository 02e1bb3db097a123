import type { Socket } from 'socket.io-client';

/**
 * WebSocket close codes of a server that ends a connection by itself (RFC 6455, section 7.4.1, and the IANA registry):
 * normal, going away, none given, service restart, try again later. Not 1006 (cut off) or 1009 (message too big).
 */
const SERVER_CODES: ReadonlySet<unknown> = new Set([1000, 1001, 1005, 1012, 1013]);
/** What the polling transport says of the server's packet for closing. */
const POLLING_CLOSED = 'transport closed by the server';

/** Whether the server ended a connection in order: neither the network nor what was sent is the reason. */
export function isClosedByServer(reason: Socket.DisconnectReason, details: unknown): boolean {
  if (reason === 'io server disconnect') return true;
  if (reason !== 'transport close' || !isObject(details)) return false;
  if (isObject(details.context)) return SERVER_CODES.has(details.context.code);
  return details.description === POLLING_CLOSED;
}

/** Events of the browser have their fields in their prototype. */
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
