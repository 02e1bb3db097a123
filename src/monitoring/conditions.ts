import type { Logger } from 'pino';

type Condition = {
  readonly level: 'warn' | 'error';
  /** Logged when it begins. */
  readonly begins: string;
  /** Logged when it ends. */
  readonly ends: string;
  /** What the operator should check or do. */
  readonly next: string;
  /** Whether the line is logged again every minute while the condition lasts. */
  readonly repeats?: true;
};

/** The conditions that are reported to the operator: one log line when a condition begins, one when it ends. */
export const CONDITIONS = {
  database_unavailable: {
    level: 'error',
    begins: 'the database is unavailable',
    ends: 'the database is available again',
    next: 'Look at the cause. The server recovers automatically when the database answers; until then it refuses calls with 503, and clients retry them.',
  },
  database_conflicts: {
    level: 'warn',
    begins: 'calls wait for locks that other programs hold in the database',
    ends: 'calls obtain their locks in the database again',
    next: 'Look at the cause. Calls that need the lock are refused as busy, and clients retry them; all other calls are served.',
  },
  writer_stuck: {
    level: 'error',
    begins: 'no change can be committed: one transaction in the database does not end',
    ends: 'changes are committed again',
    next: 'Check the activity of the database server (pg_stat_activity) and its disks. Meanwhile the node is not ready.',
  },
  other_server: {
    level: 'warn',
    begins: 'another server uses this database without a connection to this one',
    ends: 'no unconnected server uses this database any more',
    next: 'Give all servers on this database the same REDIS_URL, or stop all but one. Until then clients of one server miss the live events of the other.',
    repeats: true,
  },
  redis_unavailable: {
    level: 'warn',
    begins: 'Redis cannot be reached',
    ends: 'Redis can be reached again',
    next: 'Check Redis and the network. Until Redis is back each server sends events only to its own clients; after that clients are asked to sync.',
  },
  redis_refuses: {
    level: 'error',
    begins: 'Redis refuses commands',
    ends: 'Redis executes commands again',
    next: 'Look at the code. Until it is fixed the servers receive no events from each other, or each counts rate limits on its own.',
  },
  server_not_heard: {
    level: 'warn',
    begins: 'another server uses this database, but is not connected through Redis',
    ends: 'all servers on this database are connected through Redis',
    next: 'Check that REDIS_URL names the same Redis on all servers, that all run the same version, and that none is suspended. Until then live events, removals and ended sessions do not reach the other servers.',
    repeats: true,
  },
  database_locked: {
    level: 'error',
    begins: 'the SQLite file is locked',
    ends: 'the SQLite file can be written again',
    next: 'Find the program that writes to the file (fuser, lsof), and end it: a shell in a transaction, a migration, a copy. Until then writes are refused with 503 after 5 s; reads are served.',
  },
  database_file_gone: {
    level: 'error',
    begins: 'the SQLite file was moved, deleted or replaced',
    ends: 'the SQLite file is back',
    next: 'Move the file back, or restart the server to use the file that is there now. Until then calls are refused with 503.',
  },
  log_stuck: {
    level: 'error',
    begins: 'the log cannot be written',
    ends: 'the log can be written again',
    next: 'Free disk space, or check the reader of standard output. The server keeps running; lines that exceed the buffer are dropped, and counted in mmchat_log_lines_lost_total.',
  },
  clock_differs: {
    level: 'warn',
    begins: 'the clocks of this computer and of the database differ',
    ends: 'the clocks of this computer and of the database agree again',
    next: "Set the clock that is wrong (chrony, systemd-timesyncd): this computer's, or the database's if every node reports this. Meanwhile this node uses the database's clock, except in its log.",
  },
  nodes_late: {
    level: 'warn',
    begins: 'messages between this node and others are delayed',
    ends: 'messages between this node and others are no longer delayed',
    next: 'Check the network to Redis and the load of the named nodes; if the others name this node, check its own. Meanwhile members and sessions are read from the database, which costs more.',
  },
  migration_waiting: {
    level: 'warn',
    begins: 'the start is delayed: the database schema is not up to date yet',
    ends: 'the database schema is up to date',
    next: 'Nothing, if the cause is a migration. If another program locks a table, end its transaction, or wait for it. Other nodes keep running meanwhile.',
  },
  mail_unavailable: {
    level: 'error',
    begins: 'e-mails cannot be sent',
    ends: 'e-mails are sent again',
    next: 'Look at the cause. E-mails are queued and retried as long as their codes are valid.',
  },
} as const satisfies Record<string, Condition>;

export type ConditionName = keyof typeof CONDITIONS;
type Logging = Pick<Logger, 'info' | 'warn' | 'error'>;
/** Codes and fixed texts, never the message of an error, which may quote user input. */
export type Cause = { readonly cause: string; readonly code?: string | number | undefined; readonly next?: string };

const REPEAT_INTERVAL_MS = 60_000;

type Active = { readonly since: number; readonly repeating: NodeJS.Timeout | undefined };

/** The active conditions of one server. Each is logged once when it begins and once when it ends. */
export class Conditions {
  readonly #log: Logging;
  readonly #active = new Map<ConditionName, Active>();

  constructor(log: Logging) {
    this.#log = log;
  }

  /** The active conditions, for metrics and readiness. */
  get lasting(): readonly ConditionName[] {
    return [...this.#active.keys()];
  }

  has(name: ConditionName): boolean {
    return this.#active.has(name);
  }

  /** @param cause its `next` replaces the one in `CONDITIONS` */
  begin(name: ConditionName, cause: Cause): void {
    if (this.#active.has(name)) return;
    const { level, begins, next, repeats }: Condition = CONDITIONS[name];
    const log = () => this.#log[level]({ condition: name, state: 'begun', next, ...cause }, begins);
    log();
    const repeating = repeats && setInterval(log, REPEAT_INTERVAL_MS).unref();
    this.#active.set(name, { since: performance.now(), repeating });
  }

  /** Does nothing if the condition is not active. @param more additional log fields */
  end(name: ConditionName, more: object = {}): void {
    const active = this.#active.get(name);
    if (active === undefined) return;
    this.#active.delete(name);
    clearInterval(active.repeating);
    const ms = Math.round(performance.now() - active.since);
    this.#log.info({ condition: name, state: 'over', ms, ...more }, CONDITIONS[name].ends);
  }

  close(): void {
    for (const { repeating } of this.#active.values()) clearInterval(repeating);
  }
}
