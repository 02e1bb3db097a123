import type { Namespace, Server, Socket } from 'socket.io';
import { Arrivals } from './arrivals.ts';
import type { Audience, Deliver, Effect } from './effects.ts';
import { ChatError } from './errors.ts';
import { NAMESPACE_OF } from './protocol.ts';

/** What is known of a socket from its authentication on. */
export type SocketData = { userId: number; sessionId: string; expiresAt: number; address: string };
/** Events are emitted from here alone, where each is typed by the protocol, so Socket.IO need not type them again. */
export type ChatServer = Server<
  Record<string, never>,
  Record<string, (payload: unknown) => void>,
  Record<string, never>,
  SocketData
>;
export type ChatSocket = Socket<
  Record<string, never>,
  Record<string, (payload: unknown) => void>,
  Record<string, never>,
  SocketData
>;
type ChatNamespace = Namespace<
  Record<string, never>,
  Record<string, (payload: unknown) => void>,
  Record<string, never>,
  SocketData
>;

export const NAMESPACES = ['/chat', '/presence'] as const;
const CLOSED_UNAUTHENTICATED = 4401;

export const roomOf = (conversationId: number) => `conversation:${conversationId}`;
export const roomOfUser = (userId: number) => `user:${userId}`;

/** The only place that emits: it carries out what committed changes mean for the clients, on every transport. */
export class Delivery {
  readonly #io: ChatServer;
  readonly arrivals = new Arrivals();

  constructor(io: ChatServer) {
    this.#io = io;
  }

  readonly deliver: Deliver = (effects) => {
    for (const effect of effects) this.#carryOut(effect);
  };

  #carryOut(effect: Effect): void {
    if (effect.kind === 'emit') return this.#emit(effect.to, effect.event);
    const { conversationId } = effect;
    if (effect.kind === 'join') this.#join(conversationId, effect.userIds);
    else this.#leave(conversationId, effect.userId);
  }

  #emit(to: Audience, { type, payload }: Extract<Effect, { kind: 'emit' }>['event']): void {
    const namespace = this.#io.of(NAMESPACE_OF[type]);
    if ('userIds' in to) {
      namespace.to(to.userIds.map(roomOfUser)).emit(type, payload);
      return;
    }
    const rooms = to.conversationIds.map(roomOf);
    if (rooms.length === 0) return; // to no room would mean to everybody
    let audience = namespace.to(rooms);
    // a socket is alone in the room of its own id
    if (to.exceptConnection !== undefined) audience = audience.except(to.exceptConnection);
    if (to.exceptUser !== undefined) audience = audience.except(roomOfUser(to.exceptUser));
    audience.emit(type, payload);
  }

  #join(conversationId: number, userIds: readonly number[]): void {
    for (const userId of userIds) this.arrivals.joined(userId, conversationId);
    for (const namespace of this.#namespaces())
      namespace.in(userIds.map(roomOfUser)).socketsJoin(roomOf(conversationId));
  }

  #leave(conversationId: number, userId: number): void {
    this.arrivals.left(userId, conversationId);
    for (const namespace of this.#namespaces()) namespace.in(roomOfUser(userId)).socketsLeave(roomOf(conversationId));
  }

  /** Closes the open sockets of an ended session, or all of a user's. */
  readonly endConnections = (userId: number, sessionId: string | undefined): void => {
    this.arrivals.ended(userId, sessionId);
    for (const socket of this.#socketsOf(userId)) {
      if (sessionId === undefined || socket.data.sessionId === sessionId) dismiss(socket);
    }
  };

  /** Closes every socket whose token has run out. */
  closeExpired(): void {
    const now = Date.now();
    for (const namespace of this.#namespaces()) {
      for (const socket of namespace.sockets.values()) if (socket.data.expiresAt <= now) dismiss(socket);
    }
  }

  /** Whether a socket of another user is in a conversation's room. */
  readonly anyOtherIn = (conversationId: number, userId: number): boolean => {
    return this.#namespaces().some((namespace) => {
      for (const id of namespace.adapter.rooms.get(roomOf(conversationId)) ?? []) {
        const other = namespace.sockets.get(id)?.data.userId;
        if (other !== undefined && other !== userId) return true;
      }
      return false;
    });
  };

  #socketsOf(userId: number): ChatSocket[] {
    return this.#namespaces().flatMap((namespace) => {
      const ids = namespace.adapter.rooms.get(roomOfUser(userId)) ?? [];
      return [...ids].flatMap((id) => namespace.sockets.get(id) ?? []);
    });
  }

  #namespaces(): ChatNamespace[] {
    return NAMESPACES.map((name) => this.#io.of(name));
  }
}

/** Tells a socket that its session is over, and closes the whole connection under it. */
export function dismiss(socket: ChatSocket): void {
  const { code, message } = new ChatError('unauthenticated');
  socket.emit('error', { code, message });
  closeConnection(socket, CLOSED_UNAUTHENTICATED);
}

/** @param closeCode what a plain WebSocket is closed with; Socket.IO has no such thing */
function closeConnection(socket: ChatSocket, closeCode: number): void {
  Object.assign(socket.conn, { closeCode });
  socket.disconnect(true);
}
