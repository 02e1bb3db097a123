import { RECEIPTS_ROOM, reachOf, receiptHearers, roomOf, roomOfUser, roomsLeftOut, roomsOf } from './audience.ts';
import { type ChatNamespace, type ChatServer, type ChatSocket, NAMESPACES, PLAIN } from './chat-server.ts';
import { CLOSE_CODES } from './close-codes.ts';
import { type Audience, type Deliver, type Effect, syncPrompt } from './effects.ts';
import { ChatError } from './errors.ts';
import type { MembershipGuard } from './membership-guard.ts';
import type { Observer } from './observer.ts';
import { PendingJoins } from './pending-joins.ts';
import { NAMESPACE_OF } from './protocol.ts';
import { Removals } from './removals.ts';

/** What was emitted in this turn, and not yet written to the sockets: to be written at once, or not at all. */
type Emitted = { flush(): void; takeBack(): void };

/** Passes effects to the other nodes, if there are any. */
export type Spread = (effects: readonly Effect[], mustBeConfirmed: boolean) => Promise<void> | undefined;
type Emission = Extract<Effect, { kind: 'emit' }>;
type Receipt = Extract<Effect, { kind: 'receipt' }>;

/** Clients converge within 5 s; asking them takes at most this long. */
const PROMPT_WITHIN_MS = 1_500;

/**
 * What every node has to have carried out before it is acknowledged: a removed user or an ended session receives nothing
 * more, and an added user receives every message that is acknowledged from then on, whichever node it was sent through.
 */
const CONFIRMED: ReadonlySet<Effect['kind']> = new Set(['join', 'leave', 'end']);

/** The only place that emits: it carries out what committed changes mean for the clients, on every transport. */
export class Delivery {
  readonly #namespaces: readonly ChatNamespace[];
  /** Where clients hear what is told in a namespace: plain WebSockets hear what is told in any. */
  readonly #hearing: Readonly<Record<(typeof NAMESPACES)[number], readonly ChatNamespace[]>>;
  readonly #turn: Emitted;
  readonly #sessionEnded: (userId: number, sessionId: string | undefined) => void;
  readonly #emitted: Observer['emitted'];
  readonly pendingJoins = new PendingJoins();
  readonly removals = new Removals();
  #spread: Spread = () => undefined;
  #guard: MembershipGuard | undefined;
  #tellWanted: () => void = () => undefined;

  constructor(
    io: ChatServer,
    sessionEnded: (userId: number, sessionId: string | undefined) => void,
    { emitted }: Pick<Observer, 'emitted'>,
    turn: Emitted,
  ) {
    const plain = io.of(PLAIN);
    this.#hearing = { '/chat': [io.of('/chat'), plain], '/presence': [io.of('/presence'), plain] };
    this.#namespaces = [...NAMESPACES.map((name) => io.of(name)), plain];
    this.#sessionEnded = sessionEnded;
    this.#emitted = emitted;
    this.#turn = turn;
  }

  /** From now on other nodes deliver too, and their removals may be news to this one. */
  join(spread: Spread, guard: MembershipGuard, tellReceiptsWanted: () => void): void {
    this.#spread = spread;
    this.#guard = guard;
    this.#tellWanted = tellReceiptsWanted;
  }

  /** Has nothing written of what was emitted in this turn. */
  readonly takeBack = (): void => this.#turn.takeBack();

  /** Delivers on this node and on all others. */
  readonly deliver: Deliver = (effects) => {
    this.deliverHere(effects);
    return this.#spread(
      effects,
      effects.some(({ kind }) => CONFIRMED.has(kind)),
    );
  };

  /** Delivers to the sockets of this node. */
  readonly deliverHere = (effects: readonly Effect[]): undefined => {
    for (const effect of effects) this.#carryOut(effect);
  };

  #carryOut(effect: Effect): void {
    if (effect.kind === 'emit') this.#emit(effect);
    else if (effect.kind === 'receipt') this.#tellReceipt(effect);
    else if (effect.kind === 'join') this.#join(effect);
    else if (effect.kind === 'leave') this.#leave(effect.conversationId, effect.userId, effect.removalSeq);
    else this.#end(effect);
  }

  #emit({ to, event }: Emission): void {
    const emit = () => {
      let reach = 0;
      for (const namespace of this.#hearing[NAMESPACE_OF[event.type]]) {
        reach += reachOf(namespace.adapter.rooms, to);
        audienceIn(namespace, to)?.emit(event.type, event.payload);
      }
      this.#emitted(event.type, reach);
    };
    if (this.#guard === undefined || !('room' in to)) emit();
    else this.#guard.pass(to.room, emit);
  }

  #tellReceipt({ room, payload }: Receipt): void {
    if (!this.wantsReceipts()) return;
    const emit = () => {
      for (const { local, adapter } of this.#hearing['/chat']) {
        const hearers = receiptHearers(adapter.rooms, room.id, payload.user_id);
        if (hearers.length === 0) continue; // to no room would mean to everybody
        this.#emitted('delivery_receipt', hearers.length);
        local.to(hearers).emit('delivery_receipt', payload);
      }
    };
    if (this.#guard === undefined) emit();
    else this.#guard.pass(room, emit);
  }

  /** From now on this socket is told the receipts of its conversations. */
  receiptsWantedBy(socket: ChatSocket): void {
    const first = !this.wantsReceipts();
    socket.join(RECEIPTS_ROOM);
    if (first) this.#tellWanted();
  }

  /** Whether a socket of this node asked for live delivery receipts. */
  readonly wantsReceipts = (): boolean =>
    this.#hearing['/chat'].some(({ adapter }) => adapter.rooms.has(RECEIPTS_ROOM));

  #join({ conversationId, userIds, seq }: Extract<Effect, { kind: 'join' }>): void {
    if (this.#guard?.joined(conversationId, userIds, seq) === false) return;
    for (const userId of userIds) this.pendingJoins.joined(userId, conversationId);
    for (const namespace of this.#namespaces) {
      namespace.local.in(userIds.map(roomOfUser)).socketsJoin(roomOf(conversationId));
    }
  }

  #leave(conversationId: number, userId: number, removalSeq: number): void {
    this.#turn.flush(); // what was told before must not come after the removal's acknowledgement
    this.#guard?.left(conversationId, userId, removalSeq);
    this.pendingJoins.left(userId, conversationId);
    this.removals.left(userId, conversationId);
    for (const namespace of this.#namespaces) {
      namespace.local.in(roomOfUser(userId)).socketsLeave(roomOf(conversationId));
    }
  }

  #end({ userId, sessionId, asking }: Extract<Effect, { kind: 'end' }>): void {
    this.#turn.flush();
    this.#sessionEnded(userId, sessionId);
    this.pendingJoins.ended(userId, sessionId);
    const answered = asking === undefined ? undefined : this.#socketWith(asking)?.conn;
    for (const socket of this.#socketsOf(userId)) {
      if (sessionId !== undefined && socket.data.sessionId !== sessionId) continue;
      if (socket.conn === answered) silence(socket);
      else dismiss(socket);
    }
  }

  /** Puts the sockets of this node into a conversation's rooms, or out of them, as its members are now. */
  readonly settleRoom = (conversationId: number, members: ReadonlySet<number>): void => {
    const room = roomOf(conversationId);
    this.pendingJoins.settle(conversationId, members);
    for (const socket of this.#sockets()) {
      if (members.has(socket.data.userId) && !socket.data.ended) socket.join(room);
      else if (socket.rooms.has(room)) socket.leave(room);
    }
  };

  /** Whether any socket of this node is in a conversation's room. */
  readonly hasRoom = (conversationId: number): boolean => {
    return this.#namespaces.some(({ adapter }) => adapter.rooms.has(roomOf(conversationId)));
  };

  /** Closes every socket whose token has run out. */
  closeExpired(): void {
    const now = Date.now();
    for (const socket of this.#sockets()) if (socket.data.expiresAt <= now) dismiss(socket);
  }

  /** The sessions that have a socket on this node. */
  sessions(): Set<string> {
    return new Set([...this.#sockets()].map(({ data }) => data.sessionId));
  }

  /** Closes the sockets of sessions that turned out to have been ended. */
  dismissSessions(ended: ReadonlySet<string>): void {
    for (const socket of this.#sockets()) if (ended.has(socket.data.sessionId)) dismiss(socket);
  }

  /** Asks every client of this node to catch up, spread over a while so that they do not all come at once. */
  promptSync(): void {
    for (const { sockets } of this.#hearing['/chat']) {
      for (const socket of sockets.values())
        setTimeout(() => socket.emit('conversation_update', syncPrompt()), Math.random() * PROMPT_WITHIN_MS).unref();
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

/** Undefined when nobody is there: to no room would mean to everybody, and what nobody hears need not be encoded. */
function audienceIn({ local, adapter }: ChatNamespace, to: Audience) {
  const rooms = roomsOf(to).filter((room) => adapter.rooms.has(room));
  return rooms.length === 0 ? undefined : local.to(rooms).except(roomsLeftOut(to));
}

/** Nothing more reaches or moves a socket whose session is over, but for the answers that it waits for. */
function silence(socket: ChatSocket): void {
  socket.data.ended = true;
  for (const room of socket.rooms) if (room !== socket.id) socket.leave(room);
}

/** To be called when a socket asks for something; `answered` follows. */
export function awaitsAnswer({ data }: ChatSocket): void {
  data.unanswered = (data.unanswered ?? 0) + 1;
}

/**
 * To be called when a socket has been answered. If it has ended its own session, it is closed with the last answer that it
 * waits for: what was asked for before a logout is answered.
 */
export function answered(socket: ChatSocket): void {
  socket.data.unanswered = (socket.data.unanswered ?? 1) - 1;
  if (!socket.data.ended) return;
  const isWaiting = [...socketsBeside(socket)].some(({ data }) => (data.unanswered ?? 0) > 0);
  if (!isWaiting) dismiss(socket);
}

/** The sockets of the namespaces that were entered over the same connection, which are private in Socket.IO's types. */
function socketsBeside({ client }: ChatSocket): Iterable<ChatSocket> {
  return (client as unknown as { sockets: ReadonlyMap<string, ChatSocket> }).sockets.values();
}

/** Tells a socket that its session is over, and closes the whole connection under it. */
export function dismiss(socket: ChatSocket): void {
  tell(socket, new ChatError('unauthenticated'), CLOSE_CODES.unauthenticated.code);
  socket.disconnect(true);
}

/**
 * Tells a socket that it is one too many of its user's, and closes the whole connection under it. Socket.IO's own way of
 * disconnecting would tell its client never to come back.
 */
export function turnAway(socket: ChatSocket): void {
  tell(socket, new ChatError('rate_limited'), CLOSE_CODES.tooSlow.code);
  socket.conn.close();
}

/** Tells a socket that it goes on asking for far more than it may, and closes the whole connection under it. */
export function cutFlooder(socket: ChatSocket): void {
  tell(socket, new ChatError('rate_limited'), CLOSE_CODES.notOurProtocol.code);
  socket.conn.close();
}

/** @param closeCode what a plain WebSocket is closed with; Socket.IO has no such thing */
function tell(socket: ChatSocket, { code, message }: ChatError, closeCode: number): void {
  for (const each of socketsBeside(socket)) each.emit('error', { code, message });
  Object.assign(socket.conn, { closeCode });
}
