import { RateLimiterRes } from 'rate-limiter-flexible';
import { sha256 } from '../accounts/tokens.ts';
import type { Config } from '../config/config.ts';
import type { Quota } from '../operation/caller.ts';
import { ChatError } from '../operation/errors.ts';
import type { BlockingLimiter, Limiter } from './limiter.ts';
import { Limiters, type SharedStore } from './limiters.ts';

export type LimitName =
  | 'otpAddress'
  | 'otpAddressDaily'
  | 'otpTotal'
  | 'otpTotalDaily'
  | 'wrongCodes'
  | 'wrongCodesOrigin'
  | 'logins'
  | 'signupOrigin'
  | 'verifyOrigin'
  | 'forgotOrigin'
  | 'resetOrigin'
  | 'loginAccount'
  | 'loginOrigin'
  | 'send'
  | 'operation'
  | 'added';
/** Longer keys are replaced by their hash. */
const MAX_KEY_LENGTH = 64;

type Limit = { limiter: Limiter & Partial<BlockingLimiter>; points: number; seconds: number };
type Observer = { limitReached(limit: LimitName, key: string, seconds: number): void };
/** Limits whose keys are user ids or origin addresses, which may be logged. */
const LOGGABLE_KEYS: ReadonlySet<LimitName> = new Set<LimitName>([
  ...(['send', 'operation', 'added', 'loginOrigin', 'signupOrigin', 'verifyOrigin'] as const),
  ...(['forgotOrigin', 'resetOrigin', 'wrongCodesOrigin', 'wrongCodes'] as const),
]);
const LOGGED_HASH_CHARACTERS = 12;

/** The rate limits. Each counts per key: a user id, an account name, an e-mail address or an origin address. */
export class Limits {
  readonly #limits: ReadonlyMap<string, Limit>;
  readonly #enabled: boolean;
  readonly #observer: Observer | undefined;

  /** @param store shared by the nodes of a cluster */
  constructor(config: Config['limits'], store?: SharedStore, observer?: Observer) {
    this.#observer = observer;
    const limiters = new Limiters(store);
    this.#enabled = config.enabled;
    const { signupOrigin, otpAddress, otpAddressDaily, otpTotal, otpTotalDaily } = config;
    const { wrongCodes, wrongCodesOrigin, logins, loginAccount, loginOrigin, operation, added } = config;
    // each step counts separately, so that everyone who began to sign up can also finish
    const steps = { signupOrigin, verifyOrigin: signupOrigin, forgotOrigin: signupOrigin, resetOrigin: signupOrigin };
    const codes = { otpAddress, otpAddressDaily, otpTotal, otpTotalDaily, wrongCodes, wrongCodesOrigin };
    const rates = { ...steps, ...codes, logins, loginOrigin, operation, added };
    const plain = Object.entries(rates).map(
      ([name, rate]) => [name, { limiter: limiters.plain(name, rate), ...rate }] as const,
    );
    this.#limits = new Map([
      ...plain,
      ['loginAccount', { limiter: limiters.growing('loginAccount', loginAccount), ...loginAccount }],
      [
        'send',
        { limiter: limiters.bursty('send', config.send, config.sendBurst), ...config.send, points: config.sendBurst },
      ],
    ]);
  }

  /**
   * Counts a use.
   * @param cost how many uses it counts as; a cost above the limit takes all of it, and blocks the key for as long as
   *   that many uses take
   * @returns undefined if limits are disabled
   * @throws ChatError `rate_limited` with the seconds after which to retry
   */
  take(name: LimitName, key: string, cost = 1): Promise<Quota> | undefined {
    if (!this.#enabled) return undefined;
    const { limiter, points, seconds } = this.#limit(name);
    return limiter.consume(boundedKey(key), Math.min(cost, points)).then(
      async (state) => {
        if (cost > points) await limiter.block?.(boundedKey(key), Math.ceil((cost / points) * seconds));
        return quotaOf(points, state);
      },
      (error) => {
        if (error instanceof RateLimiterRes) this.#observer?.limitReached(name, loggableKey(name, key), seconds);
        throw refusal(error, points);
      },
    );
  }

  /** Takes back one use that was counted in advance. */
  async giveBack(name: LimitName, key: string): Promise<void> {
    if (this.#enabled) await this.#limit(name).limiter.reward(boundedKey(key));
  }

  /** Resets the count of a key. */
  async clear(name: LimitName, key: string): Promise<void> {
    await this.#limit(name).limiter.delete(boundedKey(key));
  }

  #limit(name: LimitName): Limit {
    const limit = this.#limits.get(name);
    if (limit === undefined) throw new Error(`unknown limit: ${name}`);
    return limit;
  }
}

/** A key that contains a name or an e-mail address is logged as its hash. */
const loggableKey = (name: LimitName, key: string) =>
  LOGGABLE_KEYS.has(name) ? key : sha256(key).slice(0, LOGGED_HASH_CHARACTERS);

/** Bounds the length of keys, which may contain user input. */
export const boundedKey = (key: string) => (key.length <= MAX_KEY_LENGTH ? key : sha256(key));

const quotaOf = (limit: number, state: RateLimiterRes): Quota => ({
  limit,
  remaining: Math.max(0, state.remainingPoints),
  resetSec: Math.ceil(state.msBeforeNext / 1000),
});

function refusal(state: unknown, limit: number): unknown {
  if (!(state instanceof RateLimiterRes)) return state;
  return new ChatError('rate_limited', { limit, retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) });
}
