import type { WebSocket } from 'ws';

const CLOSE_WITHIN_MS = 1_000;

/** For a WebSocket that is being closed: a peer that does not read will not answer, and `ws` would wait for half a minute. */
export function terminateSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref();
}
