import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Rate } from '../config-variables.ts';
import { BurstyLimiter } from './bursty-limiter.ts';
import { GrowingLimiter, REACHED } from './growing-limiter.ts';

export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'reward' | 'delete'>;
export type BlockingLimiter = Limiter & Pick<RateLimiterAbstract, 'block'>;
/** Where several processes count together. */
export type SharedStore = {
  readonly isReady: boolean;
  limiter(options: IRateLimiterOptions): BlockingLimiter;
};

/** How long an answer of the store is waited for, and for how long after that it is not asked. */
const PATIENCE_MS = 200;
const PAUSE_MS = 2_000;

/** Counts in Redis, for all nodes. @param client of the package `redis` */
export const countedInRedis = (client: { readonly isReady: boolean }): SharedStore => ({
  get isReady() {
    return client.isReady;
  },
  limiter: (options) => new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: true }),
});

/** Makes limiters that count in this process or, with a store, for all nodes together. */
export class Limiters {
  readonly #store: SharedStore | undefined;
  readonly #pause = { until: 0 };

  constructor(store: SharedStore | undefined) {
    this.#store = store;
  }

  /** So many in so many seconds. */
  plain(name: string, { points, seconds }: Rate): BlockingLimiter {
    const options = { keyPrefix: `mmchat:${name}`, points, duration: seconds };
    const here = new RateLimiterMemory(options);
    if (this.#store === undefined) return here;
    return new SharedLimiter(this.#store.limiter(options), here, this.#store, this.#pause);
  }

  /** So many in so many seconds, with a wait that doubles each time that it is reached within a day. */
  growing(name: string, rate: Rate): BlockingLimiter {
    return new GrowingLimiter(this.plain(name, rate), this.plain(`${name}-reached`, REACHED), rate);
  }

  /** A steady rate, and a burst on top that fills up again in as long as the burst lasts at the steady rate. */
  bursty(name: string, steady: Rate, burst: number): Limiter {
    const limiter = this.plain(name, steady);
    const extra = burst - steady.points;
    if (extra <= 0) return limiter;
    const seconds = Math.max(1, Math.ceil((burst / steady.points) * steady.seconds));
    const more = this.plain(`${name}-burst`, { points: extra, seconds });
    return new BurstyLimiter(limiter, more, extra);
  }
}

/** Counts for all nodes; while the store does not answer, each node counts for itself: a limit must never stop the chat. */
class SharedLimiter implements BlockingLimiter {
  readonly #shared: BlockingLimiter;
  readonly #here: BlockingLimiter;
  readonly #store: SharedStore;
  readonly #pause: { until: number };

  constructor(shared: BlockingLimiter, here: BlockingLimiter, store: SharedStore, pause: { until: number }) {
    this.#shared = shared;
    this.#here = here;
    this.#store = store;
    this.#pause = pause;
  }

  readonly consume: Limiter['consume'] = (key, points) => this.#use((limiter) => limiter.consume(key, points));
  readonly reward: Limiter['reward'] = (key) => this.#use((limiter) => limiter.reward(key));
  readonly delete: Limiter['delete'] = (key) => this.#use((limiter) => limiter.delete(key));
  readonly block: BlockingLimiter['block'] = (key, seconds) => this.#use((limiter) => limiter.block(key, seconds));

  async #use<T>(ask: (limiter: BlockingLimiter) => Promise<T>): Promise<T> {
    if (!this.#store.isReady || Date.now() < this.#pause.until) return ask(this.#here);
    try {
      return await withinPatience(ask(this.#shared));
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error;
      this.#pause.until = Date.now() + PAUSE_MS;
      return ask(this.#here);
    }
  }
}

function withinPatience<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
