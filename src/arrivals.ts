/**
 * What happens to a user between the moment a socket of theirs begins to look up its conversations and the moment it is
 * in their rooms. Without this, one who is removed just then would enter the room after all.
 */
export class Arrivals {
  readonly #underWay = new Map<number, Set<Arrival>>();

  /** To be called before the look-up. */
  begin(userId: number, sessionId: string): Arrival {
    const arrival = new Arrival(sessionId, () => this.#finished(userId, arrival));
    const others = this.#underWay.get(userId) ?? new Set();
    this.#underWay.set(userId, others.add(arrival));
    return arrival;
  }

  joined(userId: number, conversationId: number): void {
    for (const arrival of this.#of(userId)) arrival.changes.set(conversationId, true);
  }

  left(userId: number, conversationId: number): void {
    for (const arrival of this.#of(userId)) arrival.changes.set(conversationId, false);
  }

  ended(userId: number, sessionId: string | undefined): void {
    for (const arrival of this.#of(userId)) {
      if (sessionId === undefined || arrival.sessionId === sessionId) arrival.ended = true;
    }
  }

  #of(userId: number): ReadonlySet<Arrival> {
    return this.#underWay.get(userId) ?? new Set();
  }

  #finished(userId: number, arrival: Arrival): void {
    const others = this.#underWay.get(userId);
    others?.delete(arrival);
    if (others?.size === 0) this.#underWay.delete(userId);
  }
}

export class Arrival {
  readonly sessionId: string;
  readonly changes = new Map<number, boolean>();
  /** The session was ended meanwhile. */
  ended = false;
  /** To be called when the socket is in its rooms, or gone. */
  readonly finish: () => void;

  constructor(sessionId: string, finish: () => void) {
    this.sessionId = sessionId;
    this.finish = finish;
  }

  /** The conversations as they are now, given what the look-up found. */
  settle(found: readonly number[]): number[] {
    const now = new Set(found);
    for (const [conversationId, isIn] of this.changes) {
      if (isIn) now.add(conversationId);
      else now.delete(conversationId);
    }
    return [...now];
  }
}
