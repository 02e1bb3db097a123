/** If they differ by more, a node uses the database's clock instead of its own. */
const TOLERATED_MS = 1_000;
/** A slower answer is too imprecise. */
const MAX_ANSWER_MS = 2_000;

/**
 * The current time, the same on all nodes: a computer's clock may be wrong, and all nodes share one database. All stored
 * and sent times come from here. It runs on the monotonic clock, and is set regularly by comparing this computer's clock
 * with the database's, so it does not follow changes of the former. Spans are measured with `performance.now()`.
 */
export class Clock {
  readonly #query: (() => Promise<number>) | undefined;
  /** Milliseconds since 1970 when the monotonic clock was 0. */
  #base = Date.now() - performance.now();

  /** Milliseconds since 1970. */
  readonly now: () => number;

  /** @param query reads the database's clock; without it, the database uses this computer's clock */
  constructor(query?: () => Promise<number>) {
    this.#query = query;
    this.now = query === undefined ? Date.now : () => Math.floor(this.#base + performance.now());
  }

  /**
   * Compares this computer's clock with the database's, and uses the latter if they differ by more than a second.
   * @returns by how many milliseconds this computer's clock is ahead; undefined if the answer took too long
   * @throws the errors of the database
   */
  async compare(): Promise<number | undefined> {
    if (this.#query === undefined) return 0;
    const sentAt = performance.now();
    const database = await this.#query();
    const [answeredAt, own] = [performance.now(), Date.now()];
    if (answeredAt - sentAt > MAX_ANSWER_MS) return undefined;
    const now = database + (answeredAt - sentAt) / 2;
    const ahead = Math.round(own - now);
    this.#base = (Math.abs(ahead) > TOLERATED_MS ? now : own) - answeredAt;
    return ahead;
  }
}
