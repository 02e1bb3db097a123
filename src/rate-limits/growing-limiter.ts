import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../config/parsers.ts';
import type { BlockingLimiter, Limiter } from './limiter.ts';

const DAY_SEC = 86_400;
/** The ratio of the longest wait to the first: no user is locked out permanently. */
const LONGEST_FACTOR = 8;

/** The rate of the limiter that counts how often a limit is reached within a day. */
export const REACHED: Rate = { points: 1_000_000, seconds: DAY_SEC };

/** A limit whose wait doubles each time it is reached within a day. */
export class GrowingLimiter implements BlockingLimiter {
  readonly #limiter: BlockingLimiter;
  readonly #reached: Limiter;
  readonly #rate: Rate;

  /** @param reached counts how often a key reached the limit, at the rate `REACHED` */
  constructor(limiter: BlockingLimiter, reached: Limiter, rate: Rate) {
    this.#limiter = limiter;
    this.#reached = reached;
    this.#rate = rate;
  }

  readonly consume: Limiter['consume'] = async (key) => {
    try {
      return await this.#limiter.consume(key);
    } catch (refusal) {
      const isFirst = refusal instanceof RateLimiterRes && refusal.consumedPoints === this.#rate.points + 1;
      throw isFirst ? await this.#lengthened(key, refusal) : refusal;
    }
  };

  readonly reward: Limiter['reward'] = (key) => this.#limiter.reward(key);
  readonly block: BlockingLimiter['block'] = (key, seconds) => this.#limiter.block(key, seconds);

  readonly delete: Limiter['delete'] = async (key) => {
    await this.#reached.delete(key);
    return this.#limiter.delete(key);
  };

  async #lengthened(key: string | number, refusal: RateLimiterRes): Promise<RateLimiterRes> {
    const { consumedPoints: times } = await this.#reached.consume(key);
    if (times <= 1) return refusal;
    const seconds = this.#rate.seconds * Math.min(2 ** (times - 1), LONGEST_FACTOR);
    await this.#limiter.block(key, seconds);
    return new RateLimiterRes(0, seconds * 1000, refusal.consumedPoints, false);
  }
}
