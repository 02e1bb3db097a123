/**
 * Sockets that have not joined their rooms yet. The query for the conversations of a user takes a while. What changes
 * meanwhile (joins, removals, the end of the session) is recorded here, so that the socket joins the rooms that are right
 * when it opens. Otherwise a socket could join a room after its user was removed.
 */
export class PendingJoins {
  readonly #pending = new Map<number, Set<PendingJoin>>();

  /** To be called before the query. */
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

  /** The members of a conversation were read again. */
  setMembers(conversationId: number, members: ReadonlySet<number>): void {
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
  /** The session has ended meanwhile. */
  ended = false;
  /** To be called when the socket has joined its rooms, or has closed. */
  readonly finish: () => void;

  constructor(sessionId: string, finish: () => void) {
    this.sessionId = sessionId;
    this.finish = finish;
  }

  /** The conversations as they are now, given the result of the query. */
  conversations(found: readonly number[]): number[] {
    const current = new Set(found);
    for (const [conversationId, isMember] of this.changes) {
      if (isMember) current.add(conversationId);
      else current.delete(conversationId);
    }
    return [...current];
  }
}
