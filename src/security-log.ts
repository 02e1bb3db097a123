import { LRUCache } from 'lru-cache';
import type { LimitName } from './accounts/limits.ts';
import { originOf } from './client-address.ts';
import type { ErrorCode } from './errors.ts';
import type { Asked, Caller, Operation, Result } from './operation.ts';

type Level = 'info' | 'warn' | 'error';
type Log = Record<Level, (fields: object, message: string) => void>;
/** Never a secret, an address of mail or a text. */
type Fields = {
  user?: number | undefined;
  address?: string | undefined;
  request?: string | undefined;
  conversation?: unknown;
  member?: unknown;
  limit?: LimitName;
  key?: string;
};
/** How many lines of one event and key there are at most in so many milliseconds. */
type Bound = { lines: number; ms: number };
type Rule = { done?: SecurityEvent; refused?: Partial<Record<ErrorCode, SecurityEvent>> };

const MINUTE_MS = 60_000;
const ONCE: Bound = { lines: 1, ms: MINUTE_MS };
const OFTEN: Bound = { lines: 60, ms: MINUTE_MS };
const MAX_KEYS = 10_000;

const EVENTS = {
  login: { level: 'info', bound: OFTEN, message: 'login' },
  login_failed: { level: 'warn', bound: OFTEN, message: 'login failed' },
  login_limited: { level: 'warn', bound: ONCE, message: 'login limited' },
  signup: { level: 'info', bound: OFTEN, message: 'signed up' },
  reset_asked: { level: 'info', bound: OFTEN, message: 'password reset asked for' },
  reset_done: { level: 'info', bound: OFTEN, message: 'password reset' },
  code_wrong: { level: 'warn', bound: OFTEN, message: 'wrong one-time code' },
  codes_sprayed: {
    level: 'error',
    bound: ONCE,
    message: 'too many wrong codes for new passwords: somebody tries accounts',
  },
  logout: { level: 'info', bound: OFTEN, message: 'logout' },
  session_refused: { level: 'info', bound: ONCE, message: 'session refused' },
  member_added: { level: 'info', bound: OFTEN, message: 'member added' },
  member_removed: { level: 'info', bound: OFTEN, message: 'member removed' },
  limit_reached: { level: 'warn', bound: ONCE, message: 'limit reached' },
} as const satisfies Record<string, { level: Level; bound: Bound; message: string }>;
type SecurityEvent = keyof typeof EVENTS;

/** Which operations are logged, by their names in the table. */
const RULES: Readonly<Record<string, Rule>> = {
  signup_verify: { done: 'signup', refused: { invalid_otp: 'code_wrong' } },
  login: { done: 'login', refused: { invalid_credentials: 'login_failed', rate_limited: 'login_limited' } },
  logout: { done: 'logout' },
  forgot_initiate: { done: 'reset_asked' },
  forgot_reset: { done: 'reset_done', refused: { invalid_otp: 'code_wrong' } },
  add_participant: { done: 'member_added' },
  remove_participant: { done: 'member_removed' },
};

/**
 * What operators want to see of accounts and members: one line each, with the user's id, the client's address and the
 * request's id where they are known. A flood writes no more than its bound of lines a minute for each key.
 */
export class SecurityLog {
  readonly #log: Log;
  readonly #rules: ReadonlyMap<Operation, Rule>;
  readonly #lines = new LRUCache<string, { count: number }>({ max: MAX_KEYS, ttlAutopurge: false, ttl: MINUTE_MS });

  /** @param operations the table, whose names the rules go by */
  constructor(log: Log, operations: Readonly<Record<string, { operation: Operation }>>) {
    this.#log = log;
    this.#rules = new Map(
      Object.entries(RULES).flatMap(([name, rule]) => {
        const operation = operations[name]?.operation;
        return operation === undefined ? [] : [[operation, rule] as const];
      }),
    );
  }

  /** An operation has succeeded. */
  done(operation: Operation, caller: Caller | undefined, input: object, result: Result, asked: Asked): void {
    const event = this.#rules.get(operation)?.done;
    if (event === undefined || (event === 'logout' && caller === undefined)) return;
    const user = caller?.userId ?? (result.user_id as number | undefined) ?? asked.about;
    this.#write(event, { user, ...partsOf(event, input), address: asked.address, request: asked.request });
  }

  /** An operation was refused. */
  refused(operation: Operation, code: ErrorCode, asked: Asked): void {
    const { address, request, about: user } = asked;
    if (code === 'unauthenticated' && asked.bearsToken) return this.sessionRefused(address, request);
    const event = this.#rules.get(operation)?.refused?.[code];
    if (event !== undefined) this.#write(event, { user, address, request });
  }

  /** A token was not, or no longer, good. */
  sessionRefused(address: string, request?: string): void {
    this.#write('session_refused', { address, request });
  }

  /** A limit was reached, for the first time in its window or not. @param key hashed, unless it is an id or an address */
  limitReached(limit: LimitName, key: string, seconds: number): void {
    const ms = Math.max(MINUTE_MS, seconds * 1_000);
    const event = limit === 'wrongCodes' ? 'codes_sprayed' : 'limit_reached';
    this.#write(event, { limit, key }, { lines: 1, ms }, `${limit}\0${key}`);
  }

  #write(event: SecurityEvent, fields: Fields, bound: Bound = EVENTS[event].bound, key = keyOf(fields)): void {
    const name = `${event}\0${key}`;
    const lines = this.#lines.get(name) ?? { count: 0 };
    if (lines.count === 0) this.#lines.set(name, lines, { ttl: bound.ms });
    lines.count += 1;
    if (lines.count > bound.lines) return;
    const { level, message } = EVENTS[event];
    this.#log[level]({ event, ...fields }, message);
  }
}

const keyOf = ({ address, user }: Fields) => (address === undefined ? String(user) : originOf(address));

/** Which conversation and which of its members an event is about. */
function partsOf(event: SecurityEvent, input: object): Fields {
  if (event !== 'member_added' && event !== 'member_removed') return {};
  const { conversation_id: conversation, user_id: member } = input as { conversation_id?: unknown; user_id?: unknown };
  return { conversation, member };
}
