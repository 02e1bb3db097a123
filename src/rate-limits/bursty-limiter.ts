import { RateLimiterRes } from 'rate-limiter-flexible';
import { cacheOf } from '../operation/cache.ts';
import type { Limiter } from './limiter.ts';

/** @property until by the monotonic clock */
type Burst = { left: number; until: number };
/** Keys whose remaining burst is cached in this process. */
const MAX_CACHED = 10_000;

/**
 * A steady rate, and a burst for uses above it. Callers see one limit, whose remainder is the sum of both. The
 * remaining burst is the value at the last use in this process, which saves a call to the store.
 */
export class BurstyLimiter implements Limiter {
  readonly #steady: Limiter;
  readonly #burst: Limiter;
  readonly #burstPoints: number;
  readonly #used = cacheOf<string, Burst>(MAX_CACHED);

  /** @param burstPoints how many uses `burst` allows in addition to `steady` */
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
      this.#used.set(key, { left, until: performance.now() + msBeforeNext });
      return new RateLimiterRes(left, steadyMs);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      this.#used.set(key, { left: 0, until: performance.now() + refused.msBeforeNext });
      throw new RateLimiterRes(0, Math.min(steadyMs, refused.msBeforeNext));
    }
  }

  #left(key: string): number {
    const used = this.#used.get(key);
    return used !== undefined && used.until > performance.now() ? used.left : this.#burstPoints;
  }
}
