import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { CompiledQuery, sql } from 'kysely';
import { SqliteLock } from '../../installation/sqlite-lock.ts';
import type { Conditions } from '../../monitoring/conditions.ts';
import type { Backend, BackendOptions } from '../backend.ts';
import type { RunRows, Sql, Transacted } from '../queries.ts';
import { valuesOf } from '../statement.ts';
import { SqliteClient } from './client.ts';
import { MEMORY, makeSqliteFile } from './creation.ts';
import { SqliteDialect, SqliteDriver } from './driver.ts';
import { type FileProblem, SqliteFile } from './file.ts';
import { LockWaiting, unlessLocked } from './locking.ts';
import { SqliteTransactions } from './transactions.ts';

const PROBE_EVERY_MS = 1_000;
/** An acknowledged commit is on the disk: with WAL alone, the last commits could be lost. */
const PRAGMAS = ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on'];

type Config = { readonly path: string; readonly create?: boolean };
type Reporting = Pick<Conditions, 'begin' | 'end'>;

const NOT_REPORTING: Reporting = { begin: () => undefined, end: () => undefined };

/** SQLite: one client, whose file other processes may lock, move or delete. */
export class Sqlite implements Backend {
  readonly kind = 'sqlite';
  readonly moment = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
  readonly hasOwnClock = false;
  readonly overlapping = false;
  readonly file: string | undefined;
  readonly dialect: SqliteDialect;
  readonly #config: Config;
  readonly #conditions: Reporting;
  readonly #waiting: LockWaiting;
  readonly #driver: SqliteDriver;
  readonly #transactions: SqliteTransactions;
  #probing: NodeJS.Timeout | undefined;

  constructor(config: Config, { conditions = NOT_REPORTING, checkTables }: BackendOptions) {
    this.#config = config;
    this.#conditions = conditions;
    this.file = config.path === MEMORY ? undefined : config.path;
    const cause = { cause: 'another process has the SQLite file locked', code: 'SQLITE_BUSY' };
    this.#waiting = new LockWaiting({
      locked: () => conditions.begin('database_locked', cause),
      unlocked: () => conditions.end('database_locked'),
    });
    this.#driver = new SqliteDriver({ open: () => open(config.path, checkTables), waiting: this.#waiting });
    this.dialect = new SqliteDialect(this.#driver);
    this.#transactions = new SqliteTransactions(this.#driver, this.dialect, this.#waiting);
  }

  get fileProblem(): FileProblem | undefined {
    return this.#driver.file?.problem;
  }

  async prepare(): Promise<string | undefined> {
    const { path, create } = this.#config;
    return makeSqliteFile(path, create) ? `a new database was made at ${resolve(path)}` : undefined;
  }

  watch(): void {
    this.#probing = setInterval(() => void this.#probe().catch(() => undefined), PROBE_EVERY_MS).unref();
    if (this.file === undefined) return;
    this.#driver.file = new SqliteFile(this.file, {
      gone: (problem) => this.#conditions.begin('database_file_gone', problem),
      back: () => this.#conditions.end('database_file_gone'),
    });
  }

  transaction<T>(work: Transacted<T>): Promise<T> {
    return this.#transactions.run(work);
  }

  runRows(db: Sql): RunRows {
    return async ({ single }, rows) => {
      const queries = rows.map((row) => CompiledQuery.raw(single.text, valuesOf(single, row)));
      const results = await Promise.all(queries.map((query) => db.executeQuery(query)));
      return results.flatMap((result) => result.rows) as never[]; // the type that the statement declares
    };
  }

  connections(): Record<string, number> {
    return {};
  }

  /** A file belongs to one server; none is needed for a database in memory. */
  lock(): SqliteLock | undefined {
    const { file } = this;
    if (file === undefined) return undefined;
    return new SqliteLock(() => new BetterSqlite(`${realpathSync(file)}.lock`, { timeout: 0 }));
  }

  async close(): Promise<void> {
    clearInterval(this.#probing);
    this.#driver.file?.stop();
  }

  /** Finds out that the lock is free again while nothing is written. */
  async #probe(): Promise<void> {
    if (!this.#waiting.lasts) return;
    await this.#driver.exclusively(async (client) => {
      client.command('begin immediate');
      client.command('rollback');
    });
    this.#waiting.acquired();
  }
}

/** @param checkTables is called before anything is written into the file */
async function open(path: string, checkTables: BackendOptions['checkTables']): Promise<SqliteClient> {
  // SQLite does not wait for locks of other processes itself: nothing else in this process could run meanwhile
  const client = new SqliteClient(new BetterSqlite(path, { fileMustExist: path !== MEMORY, timeout: 0 }));
  const waiting = new LockWaiting({ locked: () => undefined, unlocked: () => undefined });
  const run = (text: string) =>
    waiting.wait(() => unlessLocked(() => client.execute({ sql: text, parameters: [] }).rows));
  try {
    await checkTables(run);
    for (const pragma of PRAGMAS) await run(`pragma ${pragma}`);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
