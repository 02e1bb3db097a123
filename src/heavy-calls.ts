import { ChatError } from './errors.ts';

/** From this cost on a call is heavy. */
export const HEAVY_COST = 10;
const MOST_AT_ONCE = 2;
const RETRY_SEC = 1;

/** Bounds how much heavy work one user has under way on this node: however it is asked for, others get their turn between. */
export class HeavyCalls {
  readonly #running = new Map<number, number>();

  /** @throws ChatError `rate_limited` when two heavy calls of the user are under way */
  async run<T>(userId: number, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(userId) ?? 0;
    if (running >= MOST_AT_ONCE) throw new ChatError('rate_limited', { retryAfter: RETRY_SEC });
    this.#running.set(userId, running + 1);
    try {
      return await work();
    } finally {
      this.#ended(userId);
    }
  }

  #ended(userId: number): void {
    const left = (this.#running.get(userId) ?? 1) - 1;
    if (left === 0) this.#running.delete(userId);
    else this.#running.set(userId, left);
  }
}
