import type { Broker } from '../broker/broker.ts';
import type { Observer } from '../operation/observer.ts';
import { NAMESPACE_OF } from '../protocol.ts';
import { disconnectUnauthenticated, muteSocket } from './close-socket.ts';
import { type Effect, type Recipients, syncPrompt } from './effects.ts';
import type { Guard } from './membership-guard.ts';
import { PendingJoins } from './pending-joins.ts';
import {
  conversationOfRoom,
  countRecipients,
  excludedRooms,
  RECEIPTS_ROOM,
  receiptSubscribers,
  roomOf,
  roomOfUser,
  roomsOf,
} from './rooms.ts';
import { type ChatNamespace, type ChatServer, type ChatSocket, NAMESPACES, PLAIN } from './socket-types.ts';
import { StaleReads } from './stale-reads.ts';

/** Frames that were emitted in this tick and are not yet written: writes them now, or discards them after a moment. */
type Buffered = { flush(): void; writeBy(moment: number): void };
type Emission = Extract<Effect, { kind: 'emit' }>;
type Receipt = Extract<Effect, { kind: 'receipt' }>;

/** Clients converge within 5 s; prompting all of them takes at most this long. */
const PROMPT_WITHIN_MS = 1_500;

/** Carries out effects for the sockets of this node, on every transport. Only this class emits events. */
export class Delivery {
  readonly #namespaces: readonly ChatNamespace[];
  /** Where the events of a namespace are emitted: plain WebSockets receive those of both. */
  readonly #targets: Readonly<Record<(typeof NAMESPACES)[number], readonly ChatNamespace[]>>;
  readonly #broker: Broker;
  readonly #guard: Guard;
  readonly #buffered: Buffered;
  readonly #emitted: Observer['emitted'];
  readonly pendingJoins = new PendingJoins();
  readonly staleReads = new StaleReads();

  /** @param amend changes what this node emits; by default nothing does */
  constructor(
    io: ChatServer,
    broker: Broker,
    { emitted }: Pick<Observer, 'emitted'>,
    buffered: Buffered,
    amend?: (effects: readonly Effect[]) => readonly Effect[],
  ) {
    if (amend !== undefined) this.deliver = (effects) => this.#carryOutAll(amend(effects));
    const plain = io.of(PLAIN);
    this.#targets = { '/chat': [io.of('/chat'), plain], '/presence': [io.of('/presence'), plain] };
    this.#namespaces = [...NAMESPACES.map((name) => io.of(name)), plain];
    this.#emitted = emitted;
    this.#buffered = buffered;
    this.#broker = broker;
    this.#guard = broker.guardRooms({
      hasRoom: (conversationId) => this.#hasRoom(conversationId),
      setMembers: (conversationId, members) => this.#setMembers(conversationId, members),
      writeBy: (moment) => buffered.writeBy(moment),
    });
    broker.subscribe({ effects: this.deliver });
    for (const { adapter } of this.#targets['/chat'])
      adapter.on('delete-room', (room: string) => {
        if (room === RECEIPTS_ROOM) broker.setReceiptsWanted(this.wantsReceipts());
      });
  }

  /** Carries out effects on this node only, in order. */
  readonly deliver = (effects: readonly Effect[]): undefined => this.#carryOutAll(effects);

  #carryOutAll(effects: readonly Effect[]): undefined {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === 'emit') this.#emit(effect);
    else if (effect.kind === 'receipt') this.#emitReceipt(effect);
    else if (effect.kind === 'join') this.#join(effect);
    else if (effect.kind === 'leave') this.#leave(effect.conversationId, effect.userId, effect.removalSeq);
    else this.#end(effect);
  }

  #emit({ to, event }: Emission): void {
    const emit = () => {
      let count = 0;
      for (const namespace of this.#targets[NAMESPACE_OF[event.type]]) {
        count += countRecipients(namespace.adapter.rooms, to);
        broadcastIn(namespace, to)?.emit(event.type, event.payload);
      }
      this.#emitted(event.type, count);
    };
    if ('room' in to) this.#guard.pass(to.room, emit);
    else emit();
  }

  #emitReceipt({ room, payload }: Receipt): void {
    if (!this.wantsReceipts()) return;
    this.#guard.pass(room, () => {
      for (const { local, adapter } of this.#targets['/chat']) {
        const subscribers = receiptSubscribers(adapter.rooms, room.id, payload.user_id);
        if (subscribers.length === 0) continue; // Socket.IO emits to everyone if there are no rooms
        this.#emitted('delivery_receipt', subscribers.length);
        local.to(subscribers).emit('delivery_receipt', payload);
      }
    });
  }

  /** From now on this socket receives the delivery receipts of its conversations. */
  subscribeToReceipts(socket: ChatSocket): void {
    socket.join(RECEIPTS_ROOM);
    this.#broker.setReceiptsWanted(true);
  }

  /** Whether a socket of this node subscribed to live delivery receipts. */
  readonly wantsReceipts = (): boolean =>
    this.#targets['/chat'].some(({ adapter }) => adapter.rooms.has(RECEIPTS_ROOM));

  #join({ conversationId, userIds, seq }: Extract<Effect, { kind: 'join' }>): void {
    if (!this.#guard.joined(conversationId, userIds, seq)) return;
    for (const userId of userIds) this.pendingJoins.joined(userId, conversationId);
    for (const namespace of this.#namespaces) {
      namespace.local.in(userIds.map(roomOfUser)).socketsJoin(roomOf(conversationId));
    }
  }

  #leave(conversationId: number, userId: number, removalSeq: number): void {
    this.#buffered.flush(); // earlier events must not follow the acknowledgement of the removal
    this.#guard.left(conversationId, userId, removalSeq);
    this.pendingJoins.left(userId, conversationId);
    this.staleReads.removed(userId, conversationId);
    for (const namespace of this.#namespaces) {
      namespace.local.in(roomOfUser(userId)).socketsLeave(roomOf(conversationId));
    }
  }

  #end({ userId, sessionId, asking }: Extract<Effect, { kind: 'end' }>): void {
    this.#buffered.flush();
    this.pendingJoins.ended(userId, sessionId);
    const caller = asking === undefined ? undefined : this.#socketWith(asking)?.conn;
    for (const socket of this.#socketsOf(userId)) {
      if (sessionId !== undefined && socket.data.sessionId !== sessionId) continue;
      if (socket.conn === caller) muteSocket(socket);
      else disconnectUnauthenticated(socket);
    }
  }

  #setMembers(conversationId: number, members: ReadonlySet<number>): void {
    const room = roomOf(conversationId);
    this.pendingJoins.setMembers(conversationId, members);
    for (const socket of this.#sockets()) {
      if (members.has(socket.data.userId) && !socket.data.ended) socket.join(room);
      else if (socket.rooms.has(room)) socket.leave(room);
    }
  }

  /** Makes the sockets of a user on this node join the rooms of these conversations, and leave all others. */
  setConversations(userId: number, conversations: ReadonlySet<number>): void {
    for (const socket of this.#socketsOf(userId)) {
      for (const room of socket.rooms) {
        const id = conversationOfRoom(room);
        if (id !== undefined && !conversations.has(id)) socket.leave(room);
      }
      if (!socket.data.ended) socket.join([...conversations].map(roomOf));
    }
  }

  /** The database was restored to another state: members have to be read again. */
  forgetMembers(): void {
    this.#guard.forget();
  }

  /** The users who have a socket on this node. */
  users(): Set<number> {
    return new Set([...this.#sockets()].map(({ data }) => data.userId));
  }

  /** The sockets whose token has expired. @param now milliseconds since 1970 */
  expired(now: number): ChatSocket[] {
    const expired: ChatSocket[] = [];
    for (const socket of this.#sockets()) if (socket.data.expiresAt <= now) expired.push(socket);
    return expired;
  }

  /** The sessions that have a socket on this node. */
  sessions(): Set<string> {
    return new Set([...this.#sockets()].map(({ data }) => data.sessionId));
  }

  /** Closes the sockets of these sessions. */
  disconnectSessions(ended: ReadonlySet<string>): void {
    for (const socket of this.#sockets()) if (ended.has(socket.data.sessionId)) disconnectUnauthenticated(socket);
  }

  /** Asks every client of this node to sync, spread over 1.5 s so that they do not all call at once. */
  promptSync(now: number): void {
    for (const { sockets } of this.#targets['/chat']) {
      for (const socket of sockets.values())
        setTimeout(() => socket.emit('conversation_update', syncPrompt(now)), Math.random() * PROMPT_WITHIN_MS).unref();
    }
  }

  /** Whether a socket of another user is in a conversation's room, on this node. */
  readonly anyOtherIn = (conversationId: number, userId: number): boolean => {
    return this.#namespaces.some((namespace) => {
      for (const id of namespace.adapter.rooms.get(roomOf(conversationId)) ?? []) {
        const other = namespace.sockets.get(id)?.data.userId;
        if (other !== undefined && other !== userId) return true;
      }
      return false;
    });
  };

  #hasRoom(conversationId: number): boolean {
    return this.#namespaces.some(({ adapter }) => adapter.rooms.has(roomOf(conversationId)));
  }

  #socketsOf(userId: number): ChatSocket[] {
    return this.#namespaces.flatMap((namespace) => {
      const ids = namespace.adapter.rooms.get(roomOfUser(userId)) ?? [];
      return [...ids].flatMap((id) => namespace.sockets.get(id) ?? []);
    });
  }

  #socketWith(id: string): ChatSocket | undefined {
    return this.#namespaces.flatMap(({ sockets }) => sockets.get(id) ?? [])[0];
  }

  *#sockets(): Iterable<ChatSocket> {
    for (const namespace of this.#namespaces) yield* namespace.sockets.values();
  }
}

/** Undefined if no room exists: Socket.IO emits to everyone if there are no rooms, and would encode the event for nothing. */
function broadcastIn({ local, adapter }: ChatNamespace, to: Recipients) {
  const rooms = roomsOf(adapter.rooms, to).filter((room) => adapter.rooms.has(room));
  return rooms.length === 0 ? undefined : local.to(rooms).except(excludedRooms(to));
}
