/**
 * The connections that are being admitted. Looking up the conversations of a user takes a while; what happens to the user
 * in the meantime (joins, removals, the end of the session) is noted here, so that the connection joins the rooms that are
 * right at the moment at which it opens. Without this, a user who is removed just then would join the room after all.
 */
export class PendingJoins {
  readonly #pending = new Map<number, Set<PendingJoin>>();

  /** To be called before the look-up. */
  begin(userId: number, sessionId: string): PendingJoin {
    const join = new PendingJoin(sessionId, () => this.#finished(userId, join));
    const others = this.#pending.get(userId) ?? new Set();
    this.#pending.set(userId, others.add(join));
    return join;
  }

  joined(userId: number, conversationId: number): void {
    for (const join of this.#of(userId)) join.changes.set(conversationId, true);
  }

  left(userId: number, conversationId: number): void {
    for (const join of this.#of(userId)) join.changes.set(conversationId, false);
  }

  /** The members of a conversation were read anew. */
  settle(conversationId: number, members: ReadonlySet<number>): void {
    for (const [userId, joins] of this.#pending)
      for (const join of joins) join.changes.set(conversationId, members.has(userId));
  }

  ended(userId: number, sessionId: string | undefined): void {
    for (const join of this.#of(userId)) {
      if (sessionId === undefined || join.sessionId === sessionId) join.ended = true;
    }
  }

  #of(userId: number): ReadonlySet<PendingJoin> {
    return this.#pending.get(userId) ?? new Set();
  }

  #finished(userId: number, join: PendingJoin): void {
    const others = this.#pending.get(userId);
    others?.delete(join);
    if (others?.size === 0) this.#pending.delete(userId);
  }
}

export class PendingJoin {
  readonly sessionId: string;
  readonly changes = new Map<number, boolean>();
  /** The session was ended meanwhile. */
  ended = false;
  /** To be called when the socket has joined its rooms, or is gone. */
  readonly finish: () => void;

  constructor(sessionId: string, finish: () => void) {
    this.sessionId = sessionId;
    this.finish = finish;
  }

  /** The conversations as they are now, given what the look-up found. */
  conversations(found: readonly number[]): number[] {
    const now = new Set(found);
    for (const [conversationId, isIn] of this.changes) {
      if (isIn) now.add(conversationId);
      else now.delete(conversationId);
    }
    return [...now];
  }
}
