import { LRUCache } from 'lru-cache';
import { originOf } from '../rate-limits/client-address.ts';
import type { LimitName } from '../rate-limits/limits.ts';
import type { Caller, CallInfo } from './caller.ts';
import type { ErrorCode } from './errors.ts';
import type { Result } from './result.ts';

type Level = 'info' | 'warn' | 'error';
type Log = Record<Level, (fields: object, message: string) => void>;
/** Never a secret, an e-mail address or a message text. */
type Fields = {
  user?: number | undefined;
  address?: string | undefined;
  request?: string | undefined;
  conversation?: unknown;
  member?: unknown;
  limit?: LimitName;
  key?: string;
};
/** At most `lines` lines per event and key in `ms` milliseconds. */
type Bound = { lines: number; ms: number };
/** The events of an operation's outcomes. */
export type Audit = {
  readonly done?: SecurityEvent;
  readonly refused?: Readonly<Partial<Record<ErrorCode, SecurityEvent>>>;
};

const MINUTE_MS = 60_000;
const ONCE: Bound = { lines: 1, ms: MINUTE_MS };
const OFTEN: Bound = { lines: 60, ms: MINUTE_MS };
const MAX_KEYS = 10_000;

const EVENTS = {
  login: { level: 'info', bound: OFTEN, message: 'login' },
  login_failed: { level: 'warn', bound: OFTEN, message: 'login failed' },
  login_limited: { level: 'warn', bound: ONCE, message: 'login limited' },
  signup: { level: 'info', bound: OFTEN, message: 'signed up' },
  reset_asked: { level: 'info', bound: OFTEN, message: 'password reset requested' },
  reset_done: { level: 'info', bound: OFTEN, message: 'password reset' },
  password_changed: { level: 'info', bound: OFTEN, message: 'password changed' },
  password_wrong: { level: 'warn', bound: OFTEN, message: 'wrong password when changing it' },
  code_wrong: { level: 'warn', bound: OFTEN, message: 'wrong one-time code' },
  codes_sprayed: {
    level: 'error',
    bound: ONCE,
    message: 'too many wrong codes for password resets: probably an attack on many accounts',
  },
  logout: { level: 'info', bound: OFTEN, message: 'logout' },
  session_refused: { level: 'info', bound: ONCE, message: 'session refused' },
  member_added: { level: 'info', bound: OFTEN, message: 'member added' },
  member_removed: { level: 'info', bound: OFTEN, message: 'member removed' },
  limit_reached: { level: 'warn', bound: ONCE, message: 'limit reached' },
} as const satisfies Record<string, { level: Level; bound: Bound; message: string }>;
type SecurityEvent = keyof typeof EVENTS;

/**
 * Logs security events of accounts and members, with the user id, the client address and the request id where they are
 * known. The number of lines per key is bounded.
 */
export class SecurityLog {
  readonly #log: Log;
  readonly #lines = new LRUCache<string, { count: number }>({ max: MAX_KEYS, ttlAutopurge: false, ttl: MINUTE_MS });

  constructor(log: Log) {
    this.#log = log;
  }

  /** To be called when an operation has succeeded. */
  done(audit: Audit, caller: Caller | undefined, input: object, result: Result, info: CallInfo): void {
    const event = audit.done;
    if (event === undefined || (event === 'logout' && caller === undefined)) return;
    const user = caller?.userId ?? (result.user_id as number | undefined) ?? info.about;
    this.#write(event, { user, ...partsOf(event, input), address: info.address, request: info.requestId });
  }

  /** To be called when an operation has been refused. */
  refused(audit: Audit | undefined, code: ErrorCode, info: CallInfo): void {
    const { address, requestId: request, about: user } = info;
    if (code === 'unauthenticated' && info.hasToken) return this.sessionRefused(address, request);
    const event = audit?.refused?.[code];
    if (event !== undefined) this.#write(event, { user, address, request });
  }

  /** To be called for an invalid or expired token. */
  sessionRefused(address: string, request?: string): void {
    this.#write('session_refused', { address, request });
  }

  /** To be called each time a limit refuses a call. @param key hashed, unless it is an id or an address */
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

/** The conversation and the member of an event. */
function partsOf(event: SecurityEvent, input: object): Fields {
  if (event !== 'member_added' && event !== 'member_removed') return {};
  const { conversation_id: conversation, user_id: member } = input as { conversation_id?: unknown; user_id?: unknown };
  return { conversation, member };
}
