import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { CLOSE_CODES } from '../../delivery/close-codes.ts';
import type { ChatNamespace, ChatSocket, SocketData } from '../../delivery/socket-types.ts';
import { terminateSoon } from '../close-timeout.ts';
import { FrameWriter, type TickBuffer, textFrame } from '../frame-writer.ts';
import { frameText, type Translation } from './packet-to-frame.ts';

/** A client with more unread bytes is disconnected. */
const MOST_UNREAD_BYTES = 1_048_576;
const NORMAL = 1000;

/** The dependencies that all plain WebSockets share. */
export type Shared = {
  readonly namespace: ChatNamespace;
  readonly buffer: TickBuffer;
  readonly translation: Translation;
  tooSlow(): void;
  closed(connection: RawConnection, reason: string): void;
};

/** The public members of Socket.IO's sockets that are imitated; `client` and `conn`, by their use in the adapter, are not typed. */
type Imitated = Pick<ChatSocket, 'id' | 'data' | 'nsp' | 'rooms' | 'join' | 'leave' | 'emit' | 'disconnect'>;

/**
 * A plain WebSocket in the form in which rooms, broadcasts and delivery know Socket.IO's sockets, so that they work for it
 * with no second way of delivery; it is its own connection and client, too. Packets that the adapter writes are converted to the
 * plain frames of our protocol. Socket.IO's own socket, with all that is below it, would take more memory than everything
 * else that is kept for an idle client. The form is not documented: socket.io is pinned, and tests guard it.
 */
export class RawConnection implements Imitated {
  readonly id: string = randomUUID();
  readonly data: SocketData;
  readonly mostUnreadBytes: number = MOST_UNREAD_BYTES;
  readyState: 'open' | 'closing' | 'closed' = 'open';
  /** The close code of the WebSocket. */
  closeCode = NORMAL;
  readonly #socket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #shared: Shared;

  constructor(socket: WebSocket, data: SocketData, shared: Shared) {
    this.data = data;
    this.#socket = socket;
    this.#shared = shared;
    this.#writer = new FrameWriter(socket, shared.buffer, this);
    socket.on('close', () => this.#closed());
  }

  /** This as a Socket.IO socket: it has all members that the server uses. */
  get asSocket(): ChatSocket {
    return this as unknown as ChatSocket;
  }

  get nsp(): ChatNamespace {
    return this.#shared.namespace;
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

  get rooms(): Set<string> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /** Makes it a member of the namespace: from now on it receives the events of its rooms. */
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
    if (this.readyState === 'open') this.#writer.write(this.#shared.translation.frameOf(packet ?? ''));
  }

  emit(type: string, payload?: unknown): boolean {
    this.send(frameText(type, JSON.stringify(payload)));
    return true;
  }

  send(text: string): void {
    if (this.readyState === 'open') this.#writer.write(textFrame(text));
  }

  /** Called by its writer. */
  tooSlow(): void {
    if (this.readyState === 'open') this.#shared.tooSlow();
    this.closeWith(CLOSE_CODES.tooSlow.code, 'too slow');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  disconnect(): ChatSocket {
    this.close();
    return this.asSocket;
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
    this.#shared.closed(this, reason);
  }
}
