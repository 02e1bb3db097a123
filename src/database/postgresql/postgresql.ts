import { CompiledQuery, PostgresDialect, PostgresDriver, type PostgresPool, sql } from 'kysely';
import { PostgresqlLock } from '../../installation/postgresql-lock.ts';
import type { Backend } from '../backend.ts';
import type { RunRows, Sql, Transacted, TransactionOptions } from '../queries.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import { PostgresqlPool } from './pool.ts';
import { preparePostgresql } from './start.ts';
import { PostgresqlTransactions } from './transactions.ts';
import { type PostgresqlAddress, readPostgresqlUrl } from './url.ts';

type Config = { readonly url: string; readonly create?: boolean };

/** PostgreSQL: a pool of connections. */
export class Postgresql implements Backend {
  readonly kind = 'postgresql';
  readonly moment = sql<number>`cast(extract(epoch from statement_timestamp()) * 1000 as bigint)`;
  readonly hasOwnClock = true;
  readonly overlapping = true;
  readonly file = undefined;
  readonly fileProblem = undefined;
  readonly dialect: PostgresqlDialect;
  readonly #address: PostgresqlAddress;
  readonly #create: boolean;
  readonly #watch: ConnectionWatch | undefined;
  readonly #pool: PostgresqlPool;
  readonly #transactions: PostgresqlTransactions;

  /** @param watch closes dead connections */
  constructor({ url, create = false }: Config, watch?: ConnectionWatch) {
    this.#address = readPostgresqlUrl(url);
    this.#create = create;
    this.#watch = watch;
    this.#pool = new PostgresqlPool(this.#address, watch);
    this.dialect = new PostgresqlDialect(this.#pool);
    this.#transactions = new PostgresqlTransactions(this.#pool, this.dialect);
  }

  prepare(): Promise<string | undefined> {
    return preparePostgresql(this.#pool, this.#address, this.#create);
  }

  watch(): void {
    this.#watch?.start();
  }

  transaction<T>(work: Transacted<T>, options?: TransactionOptions): Promise<T> {
    return this.#transactions.run(work, options);
  }

  runRows(db: Sql): RunRows {
    return async ({ batch }, rows) =>
      (await db.executeQuery(CompiledQuery.raw(batch, [JSON.stringify(rows)]))).rows as never[]; // the type that the statement declares
  }

  connections(): Record<string, number> {
    return this.#pool.counts;
  }

  lock(shared: boolean): PostgresqlLock {
    return new PostgresqlLock(() => this.#pool.createClient({ application_name: 'mmchat lock' }), shared);
  }

  async close(): Promise<void> {
    this.#watch?.stop();
    await this.#pool.end();
  }
}

/** Kysely's dialect of PostgreSQL, over the pool above. */
class PostgresqlDialect extends PostgresDialect {
  /** One for all connections: compiled statements are cached by it. */
  readonly #adapter = super.createAdapter();
  readonly #pool: PostgresPool;

  constructor(pool: PostgresqlPool) {
    const typed = pool as unknown as PostgresPool; // the types of its queries are the driver's
    super({ pool: typed });
    this.#pool = typed;
  }

  override createAdapter() {
    return this.#adapter;
  }

  override createDriver() {
    return new PostgresqlDriver({ pool: this.#pool });
  }
}

/** Kysely's would lose a connection that it receives after it was closed, and the pool would wait for it for ever. */
class PostgresqlDriver extends PostgresDriver {
  #acquiring = 0;
  #acquired: () => void = () => undefined;

  override async acquireConnection(...args: Parameters<PostgresDriver['acquireConnection']>) {
    this.#acquiring += 1;
    try {
      return await super.acquireConnection(...args);
    } finally {
      this.#acquiring -= 1;
      if (this.#acquiring === 0) this.#acquired();
    }
  }

  override async destroy() {
    const { promise: acquired, resolve } = Promise.withResolvers<void>();
    this.#acquired = resolve;
    if (this.#acquiring > 0) await acquired;
    await super.destroy();
  }
}
