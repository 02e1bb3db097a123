import { ChatError } from './errors.ts';

/** Calls of at least this cost are heavy. */
export const HEAVY_COST = 2;
const MAX_AT_ONCE = 2;
const MAX_WAITING = 50;
const RETRY_SEC = 1;

type Calls = { running: number; waiting: (() => void)[] };

/** Limits the heavy calls of one user that run at once on this node, over all transports, so that other users are served. */
export class HeavyCalls {
  readonly #calls = new Map<number, Calls>();

  /**
   * Runs a heavy call of a user, at most two at once.
   * @param canWait whether the call may wait until no other heavy call of the user runs, because it is read-only
   * @throws ChatError `rate_limited` if two run and the call cannot wait, or if 50 wait
   */
  async run<T>(userId: number, canWait: boolean, work: () => Promise<T>): Promise<T> {
    const calls = this.#calls.get(userId) ?? { running: 0, waiting: [] };
    const isTooMany = canWait ? calls.waiting.length >= MAX_WAITING : calls.running >= MAX_AT_ONCE;
    if (isTooMany) throw new ChatError('rate_limited', { retryAfter: RETRY_SEC });
    this.#calls.set(userId, calls);
    if (canWait && calls.running > 0) await new Promise<void>((resolve) => calls.waiting.push(resolve));
    else calls.running += 1;
    try {
      return await work();
    } finally {
      this.#ended(userId, calls);
    }
  }

  /** Starts a waiting call when the last running one has ended. */
  #ended(userId: number, calls: Calls): void {
    const next = calls.running === 1 ? calls.waiting.shift() : undefined;
    if (next !== undefined) return next();
    calls.running -= 1;
    if (calls.running === 0) this.#calls.delete(userId);
  }
}
