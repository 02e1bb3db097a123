import { ChatError } from './errors.ts';

/** From this cost on a call is heavy. */
export const HEAVY_COST = 2;
const MOST_AT_ONCE = 2;
const MOST_WAITING = 50;
const RETRY_SEC = 1;

type Calls = { running: number; waiting: (() => void)[] };

/** Bounds how much heavy work one user has under way on this node: however it is asked for, others get their turn between. */
export class HeavyCalls {
  readonly #calls = new Map<number, Calls>();

  /**
   * Runs a heavy call of a user: at most two at once.
   * @param canWait whether it may wait until no other one runs: it changes nothing, so its order does not matter
   * @throws ChatError `rate_limited` when it would be one too many and cannot wait, or when 50 wait
   */
  async run<T>(userId: number, canWait: boolean, work: () => Promise<T>): Promise<T> {
    const calls = this.#calls.get(userId) ?? { running: 0, waiting: [] };
    const isTooMany = canWait ? calls.waiting.length >= MOST_WAITING : calls.running >= MOST_AT_ONCE;
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

  /** A call that waits takes the place of the last that has ended. */
  #ended(userId: number, calls: Calls): void {
    const next = calls.running === 1 ? calls.waiting.shift() : undefined;
    if (next !== undefined) return next();
    calls.running -= 1;
    if (calls.running === 0) this.#calls.delete(userId);
  }
}
