/** The silence of a node counts only while this node is able to receive: it has to be for this part of the lease. */
const LISTENED_PART = 1 / 4;
/** After an interruption the other nodes need a moment to reconnect too. */
const SETTLE_MS = 400;

type Lease = { heardAt: number; listenedMs: number };

/**
 * When the last message of each other node arrived. The silence of a node proves something only while this node receives messages.
 * So there are two clocks: one of all time, and one that stops during interruptions. An interruption resets neither: the
 * lease of a dead node ends in time, however many interruptions there are. Moments are of the monotonic clock.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  /** For how long this node has been able to receive, in total. */
  #listenedMs = 0;
  #checkedAt: number;
  #receivesSince: number | undefined;
  readonly #leaseMs: number;

  /** @param leaseMs a node that has been silent for so long is considered dead, and its users offline */
  constructor(now: number, leaseMs: number) {
    this.#checkedAt = now;
    this.#leaseMs = leaseMs;
  }

  get size(): number {
    return this.#leases.size;
  }

  nodes(): Iterable<string> {
    return this.#leases.keys();
  }

  /** Each node, and when its last message arrived. */
  lastHeard(): (readonly [node: string, at: number])[] {
    return [...this.#leases].map(([node, { heardAt }]) => [node, heardAt] as const);
  }

  /** @returns whether the node is new */
  renew(node: string, now: number): boolean {
    const lease = this.#leases.get(node);
    if (lease === undefined) this.#leases.set(node, { heardAt: now, listenedMs: this.#listenedMs });
    else Object.assign(lease, { heardAt: now, listenedMs: this.#listenedMs });
    return lease === undefined;
  }

  forget(node: string): void {
    this.#leases.delete(node);
  }

  /**
   * To be called regularly.
   * @param everyMs how often; if it was longer, this process was paused and received nothing either
   * @param receives whether this node receives what is published
   * @returns the nodes whose lease has ended
   */
  expired(now: number, everyMs: number, receives: boolean): string[] {
    const elapsed = Math.min(now - this.#checkedAt, 2 * everyMs);
    this.#checkedAt = now;
    this.#receivesSince = receives ? (this.#receivesSince ?? now) : undefined;
    if (this.#receivesSince === undefined || now - this.#receivesSince < SETTLE_MS) return [];
    this.#listenedMs += elapsed;
    return [...this.#leases].flatMap(([node, { heardAt, listenedMs }]) =>
      now - heardAt >= this.#leaseMs && this.#listenedMs - listenedMs >= this.#leaseMs * LISTENED_PART ? [node] : [],
    );
  }
}
