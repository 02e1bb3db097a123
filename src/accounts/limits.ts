import { BurstyRateLimiter, type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import type { Rate } from '../config-variables.ts';
import { ChatError } from '../errors.ts';
import type { Quota } from '../operation.ts';

export type LimitName =
  | 'otpAddress'
  | 'otpAddressDaily'
  | 'signupOrigin'
  | 'verifyOrigin'
  | 'forgotOrigin'
  | 'resetOrigin'
  | 'loginAccount'
  | 'loginOrigin'
  | 'send'
  | 'operation';
type Limiter = Pick<RateLimiterAbstract, 'consume' | 'get' | 'delete'>;
type Limit = { limiter: Limiter; points: number };

/** The rate limits, each counted per key: a user's id, an account's name, an e-mail address or an address of origin. */
export class Limits {
  readonly #limits: ReadonlyMap<string, Limit>;
  readonly #enabled: boolean;

  constructor(config: Config['limits']) {
    this.#enabled = config.enabled;
    const { signupOrigin, otpAddress, otpAddressDaily, loginAccount, loginOrigin, operation } = config;
    // each step of signing up counts for itself, so that as many people can finish as can begin
    const steps = { signupOrigin, verifyOrigin: signupOrigin, forgotOrigin: signupOrigin, resetOrigin: signupOrigin };
    const rates = { ...steps, otpAddress, otpAddressDaily, loginAccount, loginOrigin, operation };
    const plain = Object.entries(rates).map(
      ([name, rate]) => [name, { limiter: memory(name, rate), points: rate.points }] as const,
    );
    this.#limits = new Map([
      ...plain,
      ['send', { limiter: bursty(config.send, config.sendBurst), points: config.sendBurst }],
    ]);
  }

  /**
   * Counts one use.
   * @throws ChatError `rate_limited` with the seconds after which it will work again
   */
  async take(name: LimitName, key: string): Promise<Quota | undefined> {
    if (!this.#enabled) return undefined;
    const { limiter, points } = this.#limit(name);
    try {
      return quotaOf(points, await limiter.consume(key));
    } catch (error) {
      throw refusal(error);
    }
  }

  /**
   * Looks whether another use would be allowed, without counting it.
   * @throws ChatError `rate_limited`
   */
  async mustHaveLeft(name: LimitName, key: string): Promise<void> {
    if (!this.#enabled) return;
    const { limiter, points } = this.#limit(name);
    const state = await limiter.get(key);
    if (state !== null && state.consumedPoints >= points) throw refusal(state);
  }

  /** Forgets what was counted. */
  async clear(name: LimitName, key: string): Promise<void> {
    await this.#limit(name).limiter.delete(key);
  }

  #limit(name: LimitName): Limit {
    const limit = this.#limits.get(name);
    if (limit === undefined) throw new Error(`no limit is named ${name}`);
    return limit;
  }
}

const memory = (keyPrefix: string, { points, seconds }: Rate) =>
  new RateLimiterMemory({ keyPrefix, points, duration: seconds });

/** So many a second, and a burst on top that fills up again in as long as the burst lasts at the steady rate. */
function bursty(steady: Rate, burst: number): Limiter {
  const extra = Math.max(burst - steady.points, 0);
  const limiter = memory('send', steady);
  if (extra === 0) return limiter;
  const seconds = Math.max(1, Math.ceil((burst / steady.points) * steady.seconds));
  // its type lacks `delete`, which sends never need
  return new BurstyRateLimiter(limiter, memory('burst', { points: extra, seconds })) as unknown as Limiter;
}

const quotaOf = (limit: number, state: RateLimiterRes): Quota => ({
  limit,
  remaining: Math.max(0, state.remainingPoints),
  resetSec: Math.ceil(state.msBeforeNext / 1000),
});

function refusal(state: unknown): unknown {
  if (!(state instanceof RateLimiterRes)) return state;
  return new ChatError('rate_limited', { retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) });
}
