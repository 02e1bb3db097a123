import type { CompiledQuery, Dialect } from 'kysely';
import { boundKysely } from '../bound-kysely.ts';
import { type Queries, type RunRows, runStatementOn, type Transacted } from '../queries.ts';
import type { SqliteClient } from './client.ts';
import type { SqliteDriver } from './driver.ts';
import { LOCKED, type LockWaiting, unlessLocked } from './locking.ts';

/** Transactions on SQLite, one at a time: each has the client for itself, and its statements go straight to it. */
export class SqliteTransactions {
  readonly #driver: SqliteDriver;
  readonly #waiting: LockWaiting;
  readonly #queries: Queries;
  /** Of the transaction that is running. */
  #client: SqliteClient | undefined;
  /** The first error of the transaction that is running. */
  #first: unknown;

  constructor(driver: SqliteDriver, dialect: Dialect, waiting: LockWaiting) {
    this.#driver = driver;
    this.#waiting = waiting;
    const sql = boundKysely(dialect, this.#execute);
    this.#queries = { sql, all: runStatementOn(sql), run: this.#run };
  }

  /**
   * Runs `work` in one transaction, which holds the lock for writing from its beginning. While another process holds it,
   * this process can use the client for other statements.
   * @throws what `work` or the database throws: the transaction is rolled back. Also if the file is no longer at its path.
   */
  run<T>(work: Transacted<T>): Promise<T> {
    return this.#waiting.wait(() => this.#driver.exclusively((client) => this.#attempt(client, work)));
  }

  async #attempt<T>(client: SqliteClient, work: Transacted<T>): Promise<T | typeof LOCKED> {
    const { file } = this.#driver;
    file?.check();
    if ((await unlessLocked(() => client.command('begin immediate'))) === LOCKED) return LOCKED;
    this.#waiting.acquired();
    this.#client = client;
    this.#first = undefined;
    try {
      let writes: Promise<unknown> | undefined;
      const result = await work(this.#queries, (last) => {
        writes = last;
      });
      await writes;
      client.command('commit');
      file?.checkNow();
      return result;
    } catch (error) {
      // some errors, such as a full disk, have ended it already
      if (client.inTransaction) client.command('rollback');
      throw error;
    }
  }

  readonly #execute = async (query: CompiledQuery) => this.#inside((client) => client.execute(query));

  readonly #run: RunRows = async (statement, rows) => this.#inside((client) => client.runRows(statement, rows));

  /** Some errors, such as a full disk, end the transaction: later statements would be committed at once. */
  #inside<T>(use: (client: SqliteClient) => T): T {
    try {
      if (!this.#client?.inTransaction) throw this.#first ?? new Error('the transaction is over');
      return use(this.#client);
    } catch (error) {
      this.#first ??= error;
      throw error;
    }
  }
}
