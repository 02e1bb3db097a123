import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteDialect as PlainDialect,
  type QueryResult,
  SqliteAdapter,
} from 'kysely';
import type { SqliteClient } from './client.ts';
import type { SqliteFile } from './file.ts';
import { isLocked, LOCKED, type LockWaiting, unlessLocked } from './locking.ts';

type Options = {
  /** Opens the file, the first time that it is used. */
  readonly open: () => Promise<SqliteClient>;
  readonly waiting: LockWaiting;
};

/**
 * Kysely's driver for SQLite. There is one client, which a transaction has for itself from its beginning to its end. A
 * statement outside a transaction waits for locks of other processes without keeping the client meanwhile.
 */
export class SqliteDriver implements Driver {
  readonly #options: Options;
  readonly #mutex = new Mutex();
  readonly #unused: Connection[] = [];
  #client: SqliteClient | undefined;
  /** Refuses statements while the file is not at its path; set when the file has been read. */
  file: SqliteFile | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  async init(): Promise<void> {
    this.#client ??= await this.#options.open();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#unused.pop() ?? new Connection(this);
  }

  async releaseConnection(connection: Connection): Promise<void> {
    if (connection.transaction !== undefined) {
      if (connection.transaction.inTransaction) connection.transaction.command('rollback');
      connection.transaction = undefined;
      this.#mutex.release();
    }
    this.#unused.push(connection);
  }

  /** Gives the client, for it alone, to a transaction. */
  async exclusively<T>(use: (client: SqliteClient) => Promise<T>): Promise<T> {
    await this.#mutex.acquire();
    try {
      return await use(this.#opened);
    } finally {
      this.#mutex.release();
    }
  }

  /** Runs a statement outside a transaction. */
  async execute(query: CompiledQuery): Promise<QueryResult<never>> {
    this.file?.check();
    const result = await this.#withoutTransaction(query).catch((error) => {
      if (!isLocked(error)) throw error;
      return this.#options.waiting.wait(() => unlessLocked(() => this.#withoutTransaction(query)));
    });
    if (result.numAffectedRows !== undefined) this.file?.checkNow();
    return result;
  }

  /**
   * Takes the lock for writing when a transaction begins, and not at its first write: what another process committed
   * between a transaction's first read and its first write would make that write fail, however long it waits
   * (`SQLITE_BUSY_SNAPSHOT`). If another process has the lock, the transaction begins without it, and its first write
   * fails. Only MikroORM's transactions begin here, and only migrations use those.
   */
  async beginTransaction(connection: Connection): Promise<void> {
    await this.#mutex.acquire();
    const client = this.#opened;
    try {
      if ((await unlessLocked(() => client.command('begin immediate'))) === LOCKED) client.command('begin');
      connection.transaction = client;
    } catch (error) {
      this.#mutex.release();
      throw error;
    }
  }

  async commitTransaction(connection: Connection): Promise<void> {
    connection.transaction?.command('commit');
  }

  async rollbackTransaction(connection: Connection): Promise<void> {
    connection.transaction?.command('rollback');
  }

  async savepoint(connection: Connection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`savepoint "${name}"`));
  }

  async rollbackToSavepoint(connection: Connection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to "${name}"`));
  }

  async releaseSavepoint(connection: Connection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release "${name}"`));
  }

  async destroy(): Promise<void> {
    this.#client?.close();
  }

  async #withoutTransaction(query: CompiledQuery): Promise<QueryResult<never>> {
    if (this.#mutex.isFree) return this.#opened.execute(query); // it is over before anything else can happen
    return this.exclusively(async (client) => client.execute(query));
  }

  get #opened(): SqliteClient {
    if (this.#client === undefined) throw new Error('the SQLite file is not open');
    return this.#client;
  }
}

/** Grants the connection to one user at a time, in the order in which they asked. */
class Mutex {
  readonly #waiting: (() => void)[] = [];
  #isHeld = false;

  get isFree(): boolean {
    return !this.#isHeld;
  }

  /** Resolves when it is granted. It has to be released afterwards. */
  async acquire(): Promise<void> {
    if (!this.#isHeld) {
      this.#isHeld = true;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve)); // `release` hands it over
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isHeld = false;
    else next();
  }
}

/** Lends the client to one user of Kysely. */
class Connection implements DatabaseConnection {
  readonly #driver: SqliteDriver;
  /** The client, while a transaction has it. */
  transaction: SqliteClient | undefined;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  async executeQuery<Result>(query: CompiledQuery): Promise<QueryResult<Result>> {
    return this.transaction === undefined ? this.#driver.execute(query) : this.transaction.execute(query);
  }

  streamQuery(): never {
    throw new Error('results are not streamed');
  }
}

/** Statements need no queue of Kysely's: each is run to its end at once, and the driver lets transactions have the client. */
class UnqueuedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Kysely's dialect of SQLite, over the driver above. */
export class SqliteDialect implements Dialect {
  readonly #driver: SqliteDriver;
  readonly #adapter = new UnqueuedAdapter();
  readonly #plain = new PlainDialect({ database: () => Promise.reject(new Error('it has a driver of its own')) });

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  createDriver = () => this.#driver;
  createAdapter = () => this.#adapter;
  createQueryCompiler = () => this.#plain.createQueryCompiler();
  createIntrospector: Dialect['createIntrospector'] = (db) => this.#plain.createIntrospector(db);
}
