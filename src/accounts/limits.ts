import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { ChatError } from '../errors.ts';
import type { Quota } from '../operation.ts';
import { type BlockingLimiter, type Limiter, Limiters, type SharedStore } from './limiters.ts';
import { sha256 } from './tokens.ts';

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
/** Longer keys are counted under their hash. */
const LONGEST_KEY = 64;

type Limit = { limiter: Limiter & Partial<BlockingLimiter>; points: number; seconds: number };
/** Where it is noted that a limit was reached. */
type Noted = { limitReached(limit: LimitName, key: string, seconds: number): void };
/** Those whose keys are ids of users, or addresses of origin: nothing that a log may not hold. */
const OPEN_KEYS: ReadonlySet<LimitName> = new Set<LimitName>([
  ...(['send', 'operation', 'added', 'loginOrigin', 'signupOrigin', 'verifyOrigin'] as const),
  ...(['forgotOrigin', 'resetOrigin', 'wrongCodesOrigin', 'wrongCodes'] as const),
]);
const SHOWN_HASH_CHARS = 12;

/** The rate limits, each counted per key: a user's id, an account's name, an e-mail address or an address of origin. */
export class Limits {
  readonly #limits: ReadonlyMap<string, Limit>;
  readonly #enabled: boolean;
  readonly #noted: Noted | undefined;

  /** @param store where the nodes of a cluster count together */
  constructor(config: Config['limits'], store?: SharedStore, noted?: Noted) {
    this.#noted = noted;
    const limiters = new Limiters(store);
    this.#enabled = config.enabled;
    const { signupOrigin, otpAddress, otpAddressDaily, otpTotal, otpTotalDaily } = config;
    const { wrongCodes, wrongCodesOrigin, logins, loginAccount, loginOrigin, operation, added } = config;
    // each step of signing up counts for itself, so that as many people can finish as can begin
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
   * @param cost how many it counts as; one that costs more than the limit allows takes all of it, and the next has to wait
   *   for as long as so many would have taken
   * @returns undefined if there are no limits, so that nobody waits for none
   * @throws ChatError `rate_limited` with the seconds after which it will work again
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
        if (error instanceof RateLimiterRes) this.#noted?.limitReached(name, shown(name, key), seconds);
        throw refusal(error, points);
      },
    );
  }

  /** Takes back one use that was counted, and turned out not to be one. */
  async giveBack(name: LimitName, key: string): Promise<void> {
    if (this.#enabled) await this.#limit(name).limiter.reward(boundedKey(key));
  }

  /** Forgets what was counted. */
  async clear(name: LimitName, key: string): Promise<void> {
    await this.#limit(name).limiter.delete(boundedKey(key));
  }

  #limit(name: LimitName): Limit {
    const limit = this.#limits.get(name);
    if (limit === undefined) throw new Error(`no limit is named ${name}`);
    return limit;
  }
}

/** What a log may hold of a key: one that is made of a name or an address of mail is told by its hash alone. */
const shown = (name: LimitName, key: string) => (OPEN_KEYS.has(name) ? key : sha256(key).slice(0, SHOWN_HASH_CHARS));

/** A key that somebody typed can be of any length; what is kept of it is not. */
export const boundedKey = (key: string) => (key.length <= LONGEST_KEY ? key : sha256(key));

const quotaOf = (limit: number, state: RateLimiterRes): Quota => ({
  limit,
  remaining: Math.max(0, state.remainingPoints),
  resetSec: Math.ceil(state.msBeforeNext / 1000),
});

function refusal(state: unknown, limit: number): unknown {
  if (!(state instanceof RateLimiterRes)) return state;
  return new ChatError('rate_limited', { limit, retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) });
}
