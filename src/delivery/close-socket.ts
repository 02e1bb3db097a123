import { ChatError } from '../operation/errors.ts';
import { CLOSE_CODES } from './close-codes.ts';
import type { ChatSocket } from './socket-types.ts';

/** Keeps a socket whose session has ended open for the answers that it awaits; it receives no events and may call nothing. */
export function muteSocket(socket: ChatSocket): void {
  socket.data.ended = true;
  for (const room of socket.rooms) if (room !== socket.id) socket.leave(room);
}

/** Closes a connection whose session has ended, unless a socket of it awaits an answer. */
export function disconnectUnlessWaiting(socket: ChatSocket): void {
  const isWaiting = [...socketsOfConnection(socket)].some(({ data }) => (data.unanswered ?? 0) > 0);
  if (!isWaiting) disconnectUnauthenticated(socket);
}

/** Sends `unauthenticated` to a socket and closes the whole connection below it. */
export function disconnectUnauthenticated(socket: ChatSocket): void {
  sendError(socket, new ChatError('unauthenticated'), CLOSE_CODES.unauthenticated.code);
  socket.disconnect(true);
}

/** Closes a connection of a user who has too many. */
export const rejectTooMany = (socket: ChatSocket): void => closeWithError(socket, CLOSE_CODES.tooSlow.code);

/** Closes a connection whose client continues to call far more often than it may. */
export const disconnectFlooder = (socket: ChatSocket): void => closeWithError(socket, CLOSE_CODES.notOurProtocol.code);

/**
 * Sends `rate_limited` to a socket and closes the whole connection below it. After Socket.IO's own `disconnect` a client
 * would never reconnect by itself.
 */
function closeWithError(socket: ChatSocket, closeCode: number): void {
  sendError(socket, new ChatError('rate_limited'), closeCode);
  socket.conn.close();
}

/** @param closeCode closes a plain WebSocket; Socket.IO has none */
function sendError(socket: ChatSocket, { code, message }: ChatError, closeCode: number): void {
  for (const each of socketsOfConnection(socket)) each.emit('error', { code, message });
  Object.assign(socket.conn, { closeCode });
}

/** All sockets of the same connection, one per namespace. Socket.IO's types keep them private. */
function socketsOfConnection({ client }: ChatSocket): Iterable<ChatSocket> {
  return (client as unknown as { sockets: ReadonlyMap<string, ChatSocket> }).sockets.values();
}
