import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Translation } from './translation.ts';

/** What a client that does not read may keep us waiting with, in bytes, before it is cut. */
const MOST_UNREAD_BYTES = 1_048_576;
const NORMAL = 1000;
const TOO_SLOW = 1013;
const CLOSE_WITHIN_MS = 1_000;

/**
 * A plain WebSocket in the form in which Socket.IO knows its connections (engine.io's `Socket`), so that rooms,
 * broadcasts, adapters and disconnecting work for it with no second way of delivery. What Socket.IO writes is translated
 * to the plain frames of our protocol. The form is not documented: socket.io is pinned, and tests guard it.
 */
export class RawConnection extends EventEmitter {
  readonly id: string = randomUUID();
  readonly protocol = 4;
  readonly request: IncomingMessage;
  readonly remoteAddress: string | undefined;
  readonly transport = { name: 'websocket', writable: true };
  readonly writeBuffer = [];
  readyState: 'open' | 'closing' | 'closed' = 'open';
  /** What the WebSocket is closed with. */
  closeCode = NORMAL;
  readonly #socket: WebSocket;
  readonly #translation: Translation;

  constructor(socket: WebSocket, request: IncomingMessage, translation: Translation) {
    super();
    this.request = request;
    this.remoteAddress = request.socket.remoteAddress;
    this.#socket = socket;
    this.#translation = translation;
    socket.on('close', () => this.#closed());
  }

  /** Called by Socket.IO with an encoded packet, the same string for every member of a room. */
  write(packet: string): this {
    if (packet.startsWith('0') || packet.startsWith('4')) this.emit('namespace', packet);
    const frame = this.#translation.frameOf(packet);
    if (frame !== undefined) this.send(frame);
    return this;
  }

  send(frame: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_UNREAD_BYTES) this.#cut();
    else this.#socket.send(frame);
  }

  #cut(): void {
    if (this.readyState === 'open') this.emit('tooSlow');
    this.closeWith(TOO_SLOW, 'too slow');
  }

  close(): this {
    this.closeWith(this.closeCode, '');
    return this;
  }

  closeWith(code: number, reason: string): void {
    if (this.readyState !== 'open') return;
    this.readyState = 'closing';
    this.#socket.close(code, reason);
    // a peer that does not read will not answer the closing either
    setTimeout(() => this.#socket.terminate(), CLOSE_WITHIN_MS).unref();
  }

  #closed(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.emit('close', 'transport close');
  }
}
