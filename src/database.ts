import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MikroORM, type Options } from '@mikro-orm/core';
import { type PostgreSqlConnection, defineConfig as postgresql } from '@mikro-orm/postgresql';
import type { AbstractSqlConnection, AbstractSqlDriver, SqlEntityManager } from '@mikro-orm/sql';
import { type SqliteConnection, defineConfig as sqlite } from '@mikro-orm/sqlite';
import { CompiledQuery, type DatabaseConnection, type Kysely } from 'kysely';
import { KnownOrigin, LeftUsername, OneTimeCode, Session, Ticket, User, UsernamePiece } from './accounts/entities.ts';
import type { DatabaseConfig } from './config-parts.ts';
import { Conversation, MissedBlock, Participant, ReadRange } from './conversations/entities.ts';
import { isUnavailable } from './database-errors.ts';
import { type RunEach, valuesOf } from './each-row.ts';
import { Message } from './messages/entities.ts';
import { Migrator } from './migrator.ts';
import { type ClientPool, PipelinedTransactions } from './pipelined-transactions.ts';
import { rememberStatements } from './prepared-statements.ts';
import { BUSY_TIMEOUT_MS } from './sqlite-locking.ts';
import { type SqliteDatabase, SqliteTransactions } from './sqlite-transactions.ts';

/** Runs SQL, inside a transaction or outside. */
export type Sql = Kysely<unknown>;
/** SQL, and statements that are run for each of many rows. */
export type Queries = { readonly sql: Sql; readonly run: RunEach };
/** @param last to be told what the work wrote last, on which nothing but the commit depends */
export type Transacted<T> = (transaction: Queries, last: (writes: Promise<unknown>) => void) => Promise<T>;
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
    entities: [
      User,
      UsernamePiece,
      Session,
      Ticket,
      OneTimeCode,
      KnownOrigin,
      LeftUsername,
      Conversation,
      Participant,
      ReadRange,
      MissedBlock,
      Message,
    ],
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

  readonly #transactions: Pick<PipelinedTransactions, 'run'>;

  private constructor(orm: MikroORM, sqlite: SqliteDatabase | undefined) {
    this.kind = sqlite === undefined ? 'postgresql' : 'sqlite';
    this.orm = orm;
    this.#transactions =
      sqlite === undefined ? new PipelinedTransactions(() => this.#pool()) : new SqliteTransactions(this.sql, sqlite);
  }

  /** Opens the database and brings its tables up to date. */
  static async open(config: DatabaseConfig): Promise<Database> {
    const orm = await MikroORM.init(ormOptions(config, { silent: true }));
    try {
      const sqlite = config.kind === 'sqlite' ? await openedSqlite(orm) : undefined;
      await orm.migrator.up();
      return new Database(orm, sqlite);
    } catch (error) {
      await orm.close(true);
      throw error;
    }
  }

  /** SQL outside a transaction. */
  get sql(): Sql {
    return connectionOf(this.orm).getClient();
  }

  /** Runs a statement for each row, outside a transaction. */
  readonly run: RunEach = async (statement, rows) => {
    if (rows.length === 0) return [];
    const all =
      this.kind === 'postgresql'
        ? [CompiledQuery.raw(statement.together, [JSON.stringify(rows)])]
        : rows.map((row) => CompiledQuery.raw(statement.once.text, valuesOf(statement.once, row)));
    const answers = await Promise.all(all.map((query) => this.sql.executeQuery(query)));
    return answers.flatMap((answer) => answer.rows) as never[]; // what the statement says that it answers with
  };

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
   * Runs `work` in one transaction. Only the given queries may be used in it: anything else waits for this transaction
   * on SQLite, for ever. No mail, network or delivery inside. On PostgreSQL, what it asks for at once is sent at once, and
   * the commit with what it calls its last.
   */
  transaction<T>(work: Transacted<T>): Promise<T> {
    return this.#transactions.run(work);
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
    const pool = await (connectionOf(this.orm) as PostgreSqlConnection).getNativeClient();
    return pool as typeof pool & ClientPool; // its own types know many more forms of a query
  }
}

const connectionOf = (orm: MikroORM) => orm.em.getConnection() as AbstractSqlConnection; // both drivers are SQL drivers

async function openedSqlite(orm: MikroORM): Promise<SqliteDatabase> {
  const sqlite = await (connectionOf(orm) as SqliteConnection).getNativeClient();
  rememberStatements(sqlite);
  return sqlite as unknown as SqliteDatabase; // its own types know many more ways to give values
}
