import { type IRateLimiterOptions, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../config/parsers.ts';
import { BurstyLimiter } from './bursty-limiter.ts';
import { GrowingLimiter, REACHED } from './growing-limiter.ts';
import type { BlockingLimiter, Limiter } from './limiter.ts';

/** A store in which several processes share their counts. */
export type SharedStore = {
  readonly isReady: boolean;
  limiter(options: IRateLimiterOptions): BlockingLimiter;
  /** Reports a successful call. */
  worked(): void;
  failed(error: unknown): void;
};
type Redis = { readonly isReady: boolean };
type RedisHealth = { works(use: 'limits'): void; refused(use: 'limits', error: unknown): void };

const STORE_TIMEOUT_MS = 200;
/** How long the store is not called after a failure. */
const PAUSE_MS = 2_000;

const KEY_PREFIX = 'mmchat:';

/** Counts in Redis, for all nodes of an installation. @param client of the package `redis` */
export const countedInRedis = (client: Redis, installationId: string, health: RedisHealth): SharedStore => ({
  get isReady() {
    return client.isReady;
  },
  limiter: ({ keyPrefix, ...options }) =>
    new RateLimiterRedis({
      ...options,
      keyPrefix: `${KEY_PREFIX}${installationId}:${keyPrefix}`,
      storeClient: client,
      useRedisPackage: true,
    }),
  worked: () => health.works('limits'),
  failed: (error) => health.refused('limits', error),
});

/** Creates limiters that count in this process or, with a store, for all nodes together. */
export class Limiters {
  readonly #store: SharedStore | undefined;
  /** Until when the store is not called, by the monotonic clock. */
  readonly #pause = { until: Number.NEGATIVE_INFINITY };

  constructor(store: SharedStore | undefined) {
    this.#store = store;
  }

  /** A fixed number of uses in a fixed time. */
  plain(name: string, { points, seconds }: Rate): BlockingLimiter {
    const options = { keyPrefix: name, points, duration: seconds };
    const local = new RateLimiterMemory(options);
    if (this.#store === undefined) return local;
    return new SharedLimiter(this.#store.limiter(options), local, this.#store, this.#pause);
  }

  /** Like `plain`, with a wait that doubles each time the limit is reached within a day. */
  growing(name: string, rate: Rate): BlockingLimiter {
    return new GrowingLimiter(this.plain(name, rate), this.plain(`${name}-reached`, REACHED), rate);
  }

  /** A steady rate and an additional burst, which is restored after the time that it takes at the steady rate. */
  bursty(name: string, steady: Rate, burst: number): Limiter {
    const limiter = this.plain(name, steady);
    const extra = burst - steady.points;
    if (extra <= 0) return limiter;
    const seconds = Math.max(1, Math.ceil((burst / steady.points) * steady.seconds));
    const more = this.plain(`${name}-burst`, { points: extra, seconds });
    return new BurstyLimiter(limiter, more, extra);
  }
}

/** Counts for all nodes; while the store fails, each node counts on its own: a limit must never stop the chat. */
class SharedLimiter implements BlockingLimiter {
  readonly #shared: BlockingLimiter;
  readonly #local: BlockingLimiter;
  readonly #store: SharedStore;
  readonly #pause: { until: number };

  constructor(shared: BlockingLimiter, local: BlockingLimiter, store: SharedStore, pause: { until: number }) {
    this.#shared = shared;
    this.#local = local;
    this.#store = store;
    this.#pause = pause;
  }

  readonly consume: Limiter['consume'] = (key, points) => this.#use((limiter) => limiter.consume(key, points));
  readonly reward: Limiter['reward'] = (key) => this.#use((limiter) => limiter.reward(key));
  readonly delete: Limiter['delete'] = (key) => this.#use((limiter) => limiter.delete(key));
  readonly block: BlockingLimiter['block'] = (key, seconds) => this.#use((limiter) => limiter.block(key, seconds));

  async #use<T>(call: (limiter: BlockingLimiter) => Promise<T>): Promise<T> {
    if (!this.#store.isReady || performance.now() < this.#pause.until) return call(this.#local);
    try {
      const answer = await withTimeout(call(this.#shared));
      this.#store.worked();
      return answer;
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error;
      this.#store.failed(error);
      this.#pause.until = performance.now() + PAUSE_MS;
      return call(this.#local);
    }
  }
}

function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), STORE_TIMEOUT_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
