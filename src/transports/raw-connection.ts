import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { CLOSE_CODES } from '../close-codes.ts';
import { FrameWriter, type Turn, textFrame } from './frame-writer.ts';
import type { Translation } from './translation.ts';

/** What a client that does not read may keep us waiting with, in bytes, before it is cut. */
const MOST_UNREAD_BYTES = 1_048_576;
const NORMAL = 1000;
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
  readonly #writer: FrameWriter;
  readonly #translation: Translation;

  constructor(socket: WebSocket, request: IncomingMessage, translation: Translation, turn: Turn) {
    super();
    this.request = request;
    this.remoteAddress = request.socket.remoteAddress;
    this.#socket = socket;
    this.#writer = new FrameWriter(socket, turn, { mostUnreadBytes: MOST_UNREAD_BYTES, tooSlow: () => this.#cut() });
    this.#translation = translation;
    socket.on('close', () => this.#closed());
  }

  /** Called by Socket.IO with an encoded packet, the same string for every member of a room. */
  write(packet: string): this {
    if (packet.startsWith('0') || packet.startsWith('4')) this.emit('namespace', packet);
    const frame = this.#translation.frameOf(packet);
    if (frame !== undefined && this.readyState === 'open') this.#writer.write(frame);
    return this;
  }

  send(text: string): void {
    if (this.readyState === 'open') this.#writer.write(textFrame(text));
  }

  #cut(): void {
    if (this.readyState === 'open') this.emit('tooSlow');
    this.closeWith(CLOSE_CODES.tooSlow.code, 'too slow');
  }

  close(): this {
    this.closeWith(this.closeCode, '');
    return this;
  }

  closeWith(code: number, reason: string): void {
    if (this.readyState !== 'open') return;
    this.#writer.flush();
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
