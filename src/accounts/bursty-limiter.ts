import { LRUCache } from 'lru-cache';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Limiter } from './limiters.ts';

type Burst = { left: number; until: number };
/** Of so many users who have used their burst lately it is known here how much is left. */
const MOST_REMEMBERED = 10_000;

/**
 * A steady rate, and a burst beside it for what is over. What is left is the sum of both: the one limit that callers see.
 * What is left of a burst is known as it was when this process last took from it, so that nothing else has to be asked.
 */
export class BurstyLimiter implements Limiter {
  readonly #steady: Limiter;
  readonly #burst: Limiter;
  readonly #burstPoints: number;
  readonly #used = new LRUCache<string, Burst>({ max: MOST_REMEMBERED });

  /** @param burstPoints how many `burst` allows, on top of `steady` */
  constructor(steady: Limiter, burst: Limiter, burstPoints: number) {
    this.#steady = steady;
    this.#burst = burst;
    this.#burstPoints = burstPoints;
  }

  async consume(key: string, points = 1): Promise<RateLimiterRes> {
    try {
      const { remainingPoints, msBeforeNext } = await this.#steady.consume(key, points);
      return new RateLimiterRes(remainingPoints + this.#left(key), msBeforeNext);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      return this.#fromBurst(key, points, refused.msBeforeNext);
    }
  }

  readonly reward: Limiter['reward'] = (key) => this.#steady.reward(key);
  readonly delete: Limiter['delete'] = async (key) => {
    this.#used.delete(String(key));
    return (await Promise.all([this.#steady.delete(key), this.#burst.delete(key)])).includes(true);
  };

  /** @param steadyMs until the steady rate allows more */
  async #fromBurst(key: string, points: number, steadyMs: number): Promise<RateLimiterRes> {
    try {
      const { remainingPoints: left, msBeforeNext } = await this.#burst.consume(key, points);
      this.#used.set(key, { left, until: Date.now() + msBeforeNext });
      return new RateLimiterRes(left, steadyMs);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      this.#used.set(key, { left: 0, until: Date.now() + refused.msBeforeNext });
      throw new RateLimiterRes(0, Math.min(steadyMs, refused.msBeforeNext));
    }
  }

  #left(key: string): number {
    const used = this.#used.get(key);
    return used !== undefined && used.until > Date.now() ? used.left : this.#burstPoints;
  }
}
