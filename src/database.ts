import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MikroORM, type Options } from '@mikro-orm/core';
import { type PostgreSqlConnection, defineConfig as postgresql } from '@mikro-orm/postgresql';
import type { AbstractSqlConnection, AbstractSqlDriver, SqlEntityManager } from '@mikro-orm/sql';
import { type SqliteConnection, defineConfig as sqlite } from '@mikro-orm/sqlite';
import { CompiledQuery, type DatabaseConnection, type Kysely, type RawBuilder, sql } from 'kysely';
import { OneTimeCode, Session, Ticket, User, UsernamePiece } from './accounts/entities.ts';
import type { DatabaseConfig } from './config-parts.ts';
import { Conversation, Participant, ReadRange } from './conversations/entities.ts';
import { isUnavailable } from './database-errors.ts';
import { Message } from './messages/entities.ts';
import { Migrator } from './migrator.ts';
import { type ClientPool, PipelinedTransactions } from './pipelined-transactions.ts';
import { rememberStatements } from './prepared-statements.ts';
import { BUSY_TIMEOUT_MS, beginImmediately } from './sqlite-locking.ts';

/** Waits for the turn to write; what it gives is to be called when the writing is done. */
export type TakeTurn = () => Promise<() => void>;
/** Runs SQL, inside a transaction or outside. */
export type Sql = Kysely<unknown>;
/** SQL, and lists of rows as one parameter for it. */
export type Queries = Pick<Database, 'sql' | 'each'>;
export type Entities = SqlEntityManager;

type TypeParsers = { setTypeParser(oid: number, parser: (text: string) => unknown): void };

const INT8_OID = 20;
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** A server that has vanished without a word is looked for so soon, where the system would wait for two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/**
 * A node that stands still in the middle of a transaction must not hold its locks against the others for ever. That
 * bounds the wait for a lock too; limits on statements would hit migrations, and a frozen server would not heed them.
 */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** A commit that was acknowledged is on the disk: WAL alone would leave the last ones to chance. */
const PRAGMAS = [`busy_timeout = ${BUSY_TIMEOUT_MS}`, 'journal_mode = wal', 'synchronous = full', 'foreign_keys = on'];

/** MikroORM's options for either database; the command line uses the same. */
export function ormOptions(config: DatabaseConfig, { silent = false } = {}): Options<AbstractSqlDriver> {
  const common = {
    entities: [User, UsernamePiece, Session, Ticket, OneTimeCode, Conversation, Participant, ReadRange, Message],
    extensions: [Migrator],
    migrations: {
      path: `./src/migrations/${config.kind}`,
      glob: '!(*.d).ts',
      snapshotName: '.snapshot',
      snapshotOnMigrate: false,
      silent,
    },
    baseDir: import.meta.dirname.replace(/\/src$/, ''),
  };
  if (config.kind === 'postgresql') return postgresql({ ...common, ...postgresqlOptions(config.url) }) as never;
  if (config.path !== ':memory:') mkdirSync(dirname(config.path), { recursive: true });
  return sqlite({ ...common, dbName: config.path, onCreateConnection: setPragmas }) as never; // the two drivers' option types have no common ancestor
}

function postgresqlOptions(url: string) {
  return {
    clientUrl: url,
    pool: { min: 0, max: POOL_SIZE },
    driverOptions: {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      pipeline: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      // ids, sequence numbers and moments stay below 2^53: plain numbers, as on SQLite
      onPoolCreated: (pool: { options: { types: TypeParsers } }) => pool.options.types.setTypeParser(INT8_OID, Number),
    },
  };
}

async function setPragmas(connection: unknown): Promise<void> {
  for (const pragma of PRAGMAS) {
    // the option's type does not say so, but Kysely hands over its own connection here
    await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw(`pragma ${pragma}`));
  }
}
/** The open database: SQL for what is hot, MikroORM's unit of work for the rest. */
export class Database {
  readonly kind: DatabaseConfig['kind'];
  readonly orm: MikroORM;
  /** Locks the rows that a `select` reads until the transaction ends; SQLite has one writer at a time anyway. */
  readonly forUpdate: RawBuilder<unknown>;
  /**
   * A list of rows as one parameter, to select from: `value` is a row as a JSON array, `key` its place. The statement's
   * text is then the same for any number of rows, so it is built and prepared once.
   */
  readonly each: (rows: readonly (readonly unknown[])[]) => RawBuilder<unknown>;

  readonly #pipelined = new PipelinedTransactions(() => this.#pool());

  readonly #takeTurn: TakeTurn | undefined;

  private constructor(kind: DatabaseConfig['kind'], orm: MikroORM, takeTurn: TakeTurn | undefined) {
    this.kind = kind;
    this.#takeTurn = kind === 'sqlite' ? takeTurn : undefined;
    this.orm = orm;
    this.forUpdate = kind === 'postgresql' ? sql`for update` : sql``;
    this.each = (rows) =>
      kind === 'postgresql'
        ? sql`json_array_elements(cast(${JSON.stringify(rows)} as json)) with ordinality as each(value, key)`
        : sql`json_each(${JSON.stringify(rows)})`;
  }

  /**
   * Opens the database and brings its tables up to date.
   * @param takeTurn waits for the turn to write, where several processes of ours write to one SQLite file
   */
  static async open(config: DatabaseConfig, takeTurn?: TakeTurn): Promise<Database> {
    const orm = await MikroORM.init(ormOptions(config, { silent: true }));
    const database = new Database(config.kind, orm, takeTurn);
    try {
      if (config.kind === 'sqlite') {
        const sqlite = await (database.#connection as SqliteConnection).getNativeClient();
        beginImmediately(sqlite);
        rememberStatements(sqlite);
      }
      await database.orm.migrator.up();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /** SQL outside a transaction. */
  get sql(): Sql {
    return this.#connection.getClient();
  }

  /** Connections to PostgreSQL by what they do, and who waits for one; of SQLite, which has one, nothing. */
  async pool(): Promise<Record<string, number>> {
    if (this.kind === 'sqlite') return {};
    const pool = await this.#pool();
    return { busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount };
  }

  /** A fresh unit of work, inside a transaction if one is given. */
  entities(transaction?: Sql): Entities {
    const entities = this.orm.em.fork() as Entities; // both drivers are SQL drivers
    if (transaction !== undefined) entities.setTransactionContext(transaction);
    return entities;
  }

  /**
   * Runs `work` in one transaction. Only the given `Sql` may be used in it: anything else waits for this transaction
   * on SQLite, for ever. No mail, network or delivery inside. On PostgreSQL, what it asks for at once is sent at once.
   */
  async transaction<T>(work: (transaction: Sql) => Promise<T>): Promise<T> {
    if (this.kind === 'postgresql') return this.#pipelined.run(work);
    const giveBack = await this.#takeTurn?.();
    try {
      return await this.#connection.transactional((transaction) => work(transaction as unknown as Sql)); // one of any schema
    } finally {
      giveBack?.();
    }
  }

  /** Whether a batch can begin while another is being committed. */
  get overlapping(): boolean {
    return this.kind === 'postgresql';
  }

  /** Whether an error says that the database cannot be reached, rather than that it refused something. */
  isUnavailable(error: unknown): boolean {
    return isUnavailable(error);
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }

  /** Of PostgreSQL alone. */
  async #pool() {
    const pool = await (this.#connection as PostgreSqlConnection).getNativeClient();
    return pool as typeof pool & ClientPool; // its own types know many more forms of a query
  }

  get #connection(): AbstractSqlConnection {
    return this.orm.em.getConnection() as AbstractSqlConnection; // as above
  }
}
