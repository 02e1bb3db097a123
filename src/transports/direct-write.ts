import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** Private in `ws`, which is pinned, and tests guard it. */
type WithTcp = { readonly _socket: Socket };

/**
 * Writes to the TCP connection of a WebSocket without the queue of its stream: the queue and its callbacks are a sixth of
 * the cost of a write, and are not needed while the system accepts each write at once. What it does not accept at once
 * waits below the stream, in order; until it is written, everything else goes through the stream. The stream itself calls
 * `_write` too, so everything below is the same.
 */
export class DirectWrite {
  readonly #tcp: Socket;
  #waitingBytes = 0;

  constructor(socket: WebSocket) {
    this.#tcp = (socket as unknown as WithTcp)._socket;
  }

  /** How much was written here and the system has not accepted yet; `bufferedAmount` does not include it. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** False if this has to go through the stream: then nothing was written. */
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

/** The stream has nothing to write, and is not about to end. */
const isIdle = ({ writable, writableLength, writableCorked }: Socket) =>
  writable && writableLength === 0 && writableCorked === 0;
