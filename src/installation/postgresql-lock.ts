import type { Lock } from './claim.ts';

/** A connection of the `pg` driver outside its pool. */
export type SingleConnection = {
  connect(): Promise<unknown>;
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: () => void): unknown;
  /** Closes the socket at once. */
  destroy(): void;
};

/** The key of the advisory lock. */
const KEY = '727002, 1';
const QUERY_TIMEOUT_MS = 4_000;
/**
 * The lock is held by a transaction and not by a session: so it works behind a PgBouncer of any mode, and a crash
 * releases it. The transaction is idle, has no snapshot and changes nothing, so it does not delay vacuum. The
 * keepalives detect a dead machine after 5 + 3 × 2 s.
 */
const BEGIN = [
  'begin isolation level read committed',
  'set local idle_in_transaction_session_timeout = 0',
  'set local tcp_keepalives_idle = 5',
  'set local tcp_keepalives_interval = 2',
  'set local tcp_keepalives_count = 3',
].join('; ');

/** Counts the servers that hold the lock on this database. */
export const COUNT_SHARING = `
  select count(*) as count from pg_locks
  where locktype = 'advisory' and classid = 727002 and objid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())`;

/** Excludes all other servers from a PostgreSQL database or, if shared, those without a shared lock. */
export class PostgresqlLock implements Lock {
  readonly advice: string;
  readonly #create: () => SingleConnection;
  readonly #lockQuery: string;
  #open: SingleConnection | undefined;
  #held = false;

  constructor(create: () => SingleConnection, shared: boolean) {
    this.#create = create;
    this.#lockQuery = `select pg_try_advisory_xact_lock${shared ? '_shared' : ''}(${KEY}) as taken`;
    this.advice = shared
      ? 'It has no REDIS_URL, so the servers receive no events from each other: give all of them the same REDIS_URL, or stop it.'
      : 'Without REDIS_URL only one server can use it: give all of them the same REDIS_URL, or stop the other.';
  }

  async take(): Promise<boolean> {
    const connection = this.#open ?? (await this.#connect());
    this.#held = (await this.#query(connection, this.#lockQuery)).rows[0]?.taken === true;
    return this.#held;
  }

  async isHeld(): Promise<boolean> {
    if (this.#open === undefined || !this.#held) return false;
    await this.#query(this.#open, 'select 1');
    return this.#held;
  }

  async release(): Promise<void> {
    const open = this.#open;
    this.#forget(open);
    await open?.end().catch(() => undefined); // the connection is closed either way
  }

  async #connect(): Promise<SingleConnection> {
    const connection = this.#create();
    // without a listener, `error` would end the process
    for (const event of ['error', 'end'] as const) connection.on(event, () => this.#forget(connection));
    await connection.connect();
    this.#open = connection;
    await this.#query(connection, BEGIN);
    return connection;
  }

  /** Runs a query. If it fails or times out, the connection is dropped, and the lock with it. */
  async #query(connection: SingleConnection, text: string) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('no answer in time')), QUERY_TIMEOUT_MS);
    try {
      const result = connection.query(text);
      result.catch(() => undefined); // it may fail after the timeout
      return await Promise.race([result, late]);
    } catch (error) {
      this.#forget(connection);
      connection.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #forget(connection: SingleConnection | undefined): void {
    if (this.#open !== connection) return;
    this.#open = undefined;
    this.#held = false;
  }
}
