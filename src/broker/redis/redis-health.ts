import { ErrorReply } from 'redis';
import type { Conditions } from '../../monitoring/conditions.ts';

/** The uses of Redis by the server; each can fail by itself. */
type Use = 'publishing' | 'subscribing' | 'limits';
type Trouble = 'redis_unavailable' | 'redis_refuses';

type Refusal = {
  readonly cause: string;
  readonly next?: string;
  /** It does not pass by itself, so a start need not wait. */
  readonly final?: true;
};

const PASSWORD = 'Correct the user and password in REDIS_URL; docs/deployment.md has a user for Redis that suffices.';
const MASTER = 'Let REDIS_URL lead to the master, or name the Sentinels or the Redis Cluster in it.';

/** The error codes of Redis. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  WRONGPASS: { cause: 'Redis refuses the password', next: PASSWORD, final: true },
  NOAUTH: { cause: 'Redis asks for a password', next: PASSWORD, final: true },
  NOPERM: {
    cause: 'Redis does not permit it to this user',
    next: 'Give the user the commands, keys and channels that docs/deployment.md lists.',
    final: true,
  },
  DENIED: {
    cause: 'Redis is in protected mode, and has no password',
    next: 'Give Redis a password, or bind it to an address that only the servers reach.',
    final: true,
  },
  OOM: { cause: 'Redis has no memory left for it', next: 'Raise maxmemory, or let nothing else fill this Redis.' },
  READONLY: { cause: 'this Redis is a replica, which takes no writes', next: MASTER },
  MASTERDOWN: { cause: 'this Redis is a replica, and has lost its master', next: MASTER },
  MISCONF: {
    cause: 'Redis cannot save to its disk',
    next: 'Look at its disk, or switch its snapshots off: the server does not need them.',
  },
  LOADING: { cause: 'Redis is loading its data', next: 'Wait until it has.' },
  CLUSTERDOWN: {
    cause: 'the Redis Cluster is down',
    next: 'See which of its servers are missing: redis-cli cluster nodes.',
  },
  NOREPLICAS: { cause: 'Redis has too few replicas to write', next: 'See which replicas are missing.' },
};

/** The error that Redis replied, by its code; undefined if Redis did not reply. */
export function refusalOf(error: unknown): (Refusal & { code: string }) | undefined {
  if (!(error instanceof ErrorReply)) return undefined;
  const isForbidden = /user executing the script can't/.test(error.message); // the refusal of a script has no code
  const code = isForbidden ? 'NOPERM' : (/^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR');
  const [, command] = /'([\w|]+)' command/.exec(error.message) ?? [];
  const known = REFUSALS[code] ?? { cause: 'Redis refuses it', next: 'Look at the log of Redis.' };
  return { ...known, cause: command === undefined ? known.cause : `${known.cause}: the command ${command}`, code };
}

/** Connections are retried more often than this, so an older error says nothing about the present. */
const RECENT_MS = 3_000;

/** Reports to operators when Redis begins to fail, and when it works again. */
export class RedisHealth {
  readonly #conditions: Conditions;
  readonly #troubles = new Map<Use, Trouble>();
  readonly #refused = Promise.withResolvers<never>();
  #last: { readonly error: unknown; readonly at: number } | undefined;

  constructor(conditions: Conditions) {
    this.#conditions = conditions;
    this.#refused.promise.catch(() => undefined); // only a start awaits it
  }

  /** The last error of a connection: commands that fail without a connection give no reason. */
  get lastError(): unknown {
    return this.#last !== undefined && performance.now() - this.#last.at < RECENT_MS ? this.#last.error : undefined;
  }

  /** Rejects when Redis refuses a connection for a reason that does not pass by itself. */
  get refusedForGood(): Promise<never> {
    return this.#refused.promise;
  }

  /** A connection could not be made, or was lost. */
  readonly connectionFailed = (error: unknown): void => {
    this.#last = { error, at: performance.now() };
    if (refusalOf(error)?.final === true) this.#refused.reject(error);
  };

  failed(use: Use, error: unknown): void {
    const refusal = refusalOf(error) ?? refusalOf(this.lastError);
    const trouble: Trouble = refusal === undefined ? 'redis_unavailable' : 'redis_refuses';
    const before = this.#troubles.get(use);
    this.#troubles.set(use, trouble);
    if (before !== undefined && before !== trouble) this.#endUnlessLasting(before);
    if (refusal === undefined)
      return this.#conditions.begin(trouble, { cause: 'it does not answer', code: codeOf(this.lastError ?? error) });
    const { cause, next, code } = refusal;
    this.#conditions.begin(trouble, { cause: `${use}: ${cause}`, code, ...(next !== undefined && { next }) });
  }

  /** Like `failed`, for a use with a short timeout and no connection of its own: only an error reply of Redis counts. */
  refused(use: Use, error: unknown): void {
    if (refusalOf(error) !== undefined) this.failed(use, error);
  }

  works(use: Use): void {
    const trouble = this.#troubles.get(use);
    if (trouble === undefined) return;
    this.#troubles.delete(use);
    this.#endUnlessLasting(trouble);
  }

  #endUnlessLasting(trouble: Trouble): void {
    if (![...this.#troubles.values()].includes(trouble)) this.#conditions.end(trouble);
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.constructor.name;
}
