import { type EntitySchema, MikroORM } from '@mikro-orm/core';
import type { AbstractSqlConnection, SqlEntityManager } from '@mikro-orm/sql';
import { type RawBuilder, sql } from 'kysely';
import type { DatabaseConfig } from '../config/database-url.ts';
import type { Lock } from '../installation/claim.ts';
import type { Conditions } from '../monitoring/conditions.ts';
import type { Backend } from './backend.ts';
import { Clock } from './clock.ts';
import type { WaitReport } from './migration-watch.ts';
import type { Migrator } from './migrator.ts';
import { explainDatabase } from './open-errors.ts';
import { connect } from './options.ts';
import { ConnectionWatch } from './postgresql/connection-watch.ts';
import {
  type Queries,
  type RunRows,
  type RunStatement,
  runStatementOn,
  type Sql,
  type Transacted,
  type TransactionOptions,
} from './queries.ts';
import type { FileProblem } from './sqlite/file.ts';

type Entities = SqlEntityManager;
export type OpenOptions = {
  /** Receives lasting problems, and migrations that take longer than `reportAfterMs`. */
  readonly conditions?: Conditions;
  readonly reportAfterMs?: number;
  /** Closes dead connections. */
  readonly watch?: ConnectionWatch;
};

/** The open database: typed queries and SQL, and MikroORM's unit of work. */
export class Database implements Queries {
  readonly orm: MikroORM;
  readonly clock: Clock;
  /** A sentence if the database did not exist and was created. */
  readonly created: string | undefined;
  readonly #backend: Backend;
  readonly #runRows: RunRows;

  private constructor(orm: MikroORM, backend: Backend, created: string | undefined) {
    this.orm = orm;
    this.created = created;
    this.#backend = backend;
    this.#runRows = backend.runRows(this.sql);
    this.clock = new Clock(backend.hasOwnClock ? () => this.#queryMoment() : undefined);
  }

  /**
   * Opens the database and brings its tables up to date.
   * @param entities the tables of all features
   * @throws StartError with the cause and what to do, in one line
   */
  static async open(
    config: DatabaseConfig,
    entities: readonly EntitySchema[],
    { conditions, reportAfterMs, watch = new ConnectionWatch() }: OpenOptions = {},
  ): Promise<Database> {
    let orm: MikroORM | undefined;
    let backend: Backend | undefined;
    try {
      const connected = connect(config, entities, { silent: true, watch, conditions });
      backend = connected.backend;
      orm = await MikroORM.init(connected.options);
      const migrator = orm.migrator as Migrator; // the only one that is registered
      const created = await migrator.prepare();
      if (conditions !== undefined)
        migrator.watch = { report: reportTo(conditions), afterMs: reportAfterMs ?? migrator.watch.afterMs };
      await migrator.up();
      backend.watch();
      const database = new Database(orm, backend, created);
      await database.clock.compare();
      return database;
    } catch (error) {
      await backend?.close();
      await orm?.close(true);
      throw explainDatabase(error, config);
    }
  }

  get kind(): Backend['kind'] {
    return this.#backend.kind;
  }

  /** The path of SQLite's file; undefined if there is none. */
  get file(): string | undefined {
    return this.#backend.file;
  }

  /** The current time by the database's own clock, as part of a statement. */
  get moment(): RawBuilder<number> {
    return this.#backend.moment;
  }

  /** Milliseconds since 1970, by the database's clock. */
  get now(): () => number {
    return this.clock.now;
  }

  /** SQL outside a transaction. */
  get sql(): Sql {
    return connectionOf(this.orm).getClient();
  }

  /** Runs a statement outside a transaction. */
  readonly all: RunStatement = (statement, values) => runStatementOn(this.sql)(statement, values);

  /** Runs a statement for each row outside a transaction. */
  readonly run: RunRows = async (statement, rows) => (rows.length === 0 ? [] : this.#runRows(statement, rows));

  /** The number of connections to PostgreSQL by state, and of callers that wait for one; nothing for SQLite. */
  pool(): Record<string, number> {
    return this.#backend.connections();
  }

  /** A new unit of work, inside a transaction if one is given. */
  entities(transaction?: Sql): Entities {
    const entities = this.orm.em.fork() as Entities; // both drivers are SQL drivers
    if (transaction !== undefined) entities.setTransactionContext(transaction);
    return entities;
  }

  /**
   * Runs `work` in one transaction. It may use the given queries only: on SQLite, any other would wait for this
   * transaction for ever. It sends no mail and delivers nothing. On PostgreSQL, statements that are run in the same tick
   * are sent together, and the commit with the last writes.
   */
  transaction<T>(work: Transacted<T>, options?: TransactionOptions): Promise<T> {
    return this.#backend.transaction(work, options);
  }

  /** Whether a batch can begin while another is being committed. */
  get overlapping(): boolean {
    return this.#backend.overlapping;
  }

  /**
   * The lock by which servers on this database notice each other; none for a database in memory.
   * @param shared whether it only excludes servers that do not share it; a SQLite file is never shared
   */
  lock(shared: boolean): Lock | undefined {
    return this.#backend.lock(shared);
  }

  /** The reason why later commits would be lost: SQLite's file is no longer at its path. */
  fileProblem(): FileProblem | undefined {
    return this.#backend.fileProblem;
  }

  async close(): Promise<void> {
    await this.#backend.close();
    await this.orm.close(true);
  }

  async #queryMoment(): Promise<number> {
    const { rows } = await sql<{ now: number }>`select ${this.moment} as now`.execute(this.sql);
    return rows[0]?.now ?? Number.NaN; // there is one
  }
}

const reportTo = (conditions: Conditions): WaitReport => ({
  begin: (cause) => conditions.begin('migration_waiting', { cause }),
  end: () => conditions.end('migration_waiting'),
});

const connectionOf = (orm: MikroORM) => orm.em.getConnection() as AbstractSqlConnection; // both drivers are SQL drivers
