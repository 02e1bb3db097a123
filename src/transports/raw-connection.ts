import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { ChatNamespace, ChatSocket, SocketData } from '../chat-server.ts';
import { CLOSE_CODES } from '../close-codes.ts';
import { FrameWriter, type Turn, textFrame } from './frame-writer.ts';
import { terminateSoon } from './terminate-soon.ts';
import { frameText, type Translation } from './translation.ts';

/** What a client that does not read may keep us waiting with, in bytes, before it is cut. */
const MOST_UNREAD_BYTES = 1_048_576;
const NORMAL = 1000;

/** What all plain WebSockets share. */
export type Surroundings = {
  readonly namespace: ChatNamespace;
  readonly turn: Turn;
  readonly translation: Translation;
  tooSlow(): void;
  left(connection: RawConnection, reason: string): void;
};

/**
 * A plain WebSocket in the form in which rooms, broadcasts and delivery know Socket.IO's sockets, so that they work for it
 * with no second way of delivery; it is its own connection and client, too. What the adapter writes is translated to the
 * plain frames of our protocol. Socket.IO's own socket, with all that is below it, would take more memory than everything
 * else that is kept for an idle client. The form is not documented: socket.io is pinned, and tests guard it.
 */
export class RawConnection {
  readonly id: string = randomUUID();
  readonly data: SocketData;
  readonly mostUnreadBytes: number = MOST_UNREAD_BYTES;
  readyState: 'open' | 'closing' | 'closed' = 'open';
  /** What the WebSocket is closed with. */
  closeCode = NORMAL;
  readonly #socket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #surroundings: Surroundings;

  constructor(socket: WebSocket, data: SocketData, surroundings: Surroundings) {
    this.data = data;
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.#writer = new FrameWriter(socket, surroundings.turn, this);
    socket.on('close', () => this.#closed());
  }

  /** This, as whoever knows Socket.IO's sockets takes it: all of them that anybody asks for is here. */
  get asSocket(): ChatSocket {
    return this as unknown as ChatSocket;
  }

  get nsp(): ChatNamespace {
    return this.#surroundings.namespace;
  }

  get client(): this {
    return this;
  }

  get conn(): this {
    return this;
  }

  /** The sockets of the client. */
  get sockets(): ReadonlyMap<string, this> {
    return new Map([[this.id, this]]);
  }

  get rooms(): ReadonlySet<string> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /** From now on it is a member of the namespace, and hears what its rooms are told. */
  enter(): void {
    this.nsp.sockets.set(this.id, this.asSocket);
    this.join(this.id);
  }

  join(rooms: string | string[]): void {
    this.nsp.adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  leave(room: string): void {
    this.nsp.adapter.del(this.id, room);
  }

  /** Called by Socket.IO's adapter with an encoded packet, the same string for every member of a room. */
  writeToEngine([packet]: readonly string[]): void {
    if (this.readyState === 'open') this.#writer.write(this.#surroundings.translation.frameOf(packet ?? ''));
  }

  emit(type: string, payload: unknown): void {
    this.send(frameText(type, JSON.stringify(payload)));
  }

  send(text: string): void {
    if (this.readyState === 'open') this.#writer.write(textFrame(text));
  }

  /** Called by its writer. */
  tooSlow(): void {
    if (this.readyState === 'open') this.#surroundings.tooSlow();
    this.closeWith(CLOSE_CODES.tooSlow.code, 'too slow');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  disconnect(): void {
    this.close();
  }

  close(): void {
    this.closeWith(this.closeCode, this.closeCode === CLOSE_CODES.unauthenticated.code ? 'unauthenticated' : '');
  }

  closeWith(code: number, reason: string): void {
    if (this.readyState !== 'open') return;
    this.#writer.flush();
    this.readyState = 'closing';
    this.#leave('server close');
    this.#socket.close(code, reason);
    terminateSoon(this.#socket);
  }

  #closed(): void {
    this.readyState = 'closed';
    this.#leave('transport close');
  }

  #leave(reason: string): void {
    if (!this.nsp.sockets.delete(this.id)) return;
    this.nsp.adapter.delAll(this.id);
    this.#surroundings.left(this, reason);
  }
}
