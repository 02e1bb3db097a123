import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** `ws` keeps it to itself; it is pinned, and tests guard it. */
type WithTcp = { readonly _socket: Socket };

/**
 * Writes to one WebSocket's connection past the queue that a stream keeps. A connection whose last write was taken at once
 * needs no queue, and it and its callbacks are a sixth of what a write costs. What the system does not take at once
 * waits where a stream's writes do, in the order in which they came; until it is gone everything goes through the stream.
 * `_write` is what the stream itself calls, so all that happens below it is the same.
 */
export class StraightWrite {
  readonly #tcp: Socket;
  #waitingBytes = 0;

  constructor(socket: WebSocket) {
    this.#tcp = (socket as unknown as WithTcp)._socket;
  }

  /** What was written here and the system has not taken yet: `bufferedAmount` does not know of it. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** False when this has to go through the stream: then nothing was written. */
  write(bytes: Buffer): boolean {
    const tcp = this.#tcp;
    if (this.#waitingBytes > 0 || !isIdle(tcp)) return false;
    this.#waitingBytes = bytes.length;
    // net knows this encoding, its types do not
    tcp._write(bytes, 'buffer' as BufferEncoding, (error) => {
      this.#waitingBytes = 0;
      if (error) tcp.destroy(error); // as a stream does
    });
    return true;
  }
}

/** Nothing that was written before waits in the stream, and it is not about to end. */
const isIdle = ({ writable, writableLength, writableCorked }: Socket) =>
  writable && writableLength === 0 && writableCorked === 0;
