import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Constructor, MigrateOptions, MigrationsOptions, Transaction } from '@mikro-orm/core';
import {
  type Migration,
  MigrationRunner,
  Migrator as PlainMigrator,
  TSMigrationGenerator,
} from '@mikro-orm/migrations';
import { kindOf, MigrationStorage, tablesOfAnotherProgram } from './migration-storage.ts';
import { onTerminal, type WaitReport, watched } from './migration-watch.ts';
import { AdvisoryLock, retrying, WaitingRunner, waitingFor } from './postgresql/migrating.ts';
import { MEMORY } from './sqlite/creation.ts';
import { isLocked } from './sqlite/locking.ts';
import { StartError } from './start-error.ts';

/** How long another process may migrate a SQLite file. */
const WAIT_MS = 60_000;
const RETRY_EVERY_MS = 50;
const REPORT_AFTER_MS = 5_000;

type Prepare = () => Promise<string | undefined>;
type Migrations = Record<string, Constructor<Migration>>;

/** The migrations that an `index.ts` exports, by name, in the order of their dates. */
export const listOf = (migrations: Migrations) =>
  Object.entries(migrations)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, each]) => ({ name, class: each }));

const namesOf = ({ migrationsList = [] }: MigrationsOptions) => migrationsList.map(({ name = '' }) => name);

/** Adds the migration that `mikro-orm migration:create` generates to the list. */
export class ListingGenerator extends TSMigrationGenerator {
  override async generate(...args: Parameters<TSMigrationGenerator['generate']>): Promise<[string, string]> {
    const made = await super.generate(...args);
    const name = made[1].replace(/\.ts$/, '');
    const folder = join(this.driver.config.get('baseDir'), args[1] ?? this.options.path ?? '');
    appendFileSync(join(folder, 'index.ts'), `export { ${name} } from './${name}.ts';\n`);
    return made;
  }
}

/**
 * The migrator of the command line and of the start. On PostgreSQL many processes may start at once, and one of them
 * migrates; on SQLite a table that others refer to can be rebuilt without losing their rows. Listing the pending
 * migrations changes nothing.
 *
 * It has to be called `Migrator`: MikroORM registers its own migrator in place of an extension of any other name.
 */
export class Migrator extends PlainMigrator {
  /** Receives migrations that take longer than this, in milliseconds. */
  watch: { report: WaitReport; afterMs: number } = { report: onTerminal, afterMs: REPORT_AFTER_MS };
  #current: string | undefined;

  static override register(orm: Parameters<typeof PlainMigrator.register>[0]): void {
    orm.config.registerExtension('@mikro-orm/migrator', () => new this(orm.em as never));
  }

  /** A migrator that runs `work` before the first migration; see `prepare`. */
  static preparing(work: Prepare): typeof Migrator {
    const Base = Migrator;
    return {
      Migrator: class extends Base {
        protected override readonly preparing = work;
      },
    }.Migrator;
  }

  protected readonly preparing: Prepare = async () => undefined;
  #prepared: Promise<string | undefined> | undefined;

  /** Creates the database if it does not exist and that is configured. @returns what was created */
  prepare(): Promise<string | undefined> {
    this.#prepared ??= this.preparing();
    return this.#prepared;
  }

  protected override createRunner(): MigrationRunner {
    const Runner = kindOf(this.driver) === 'sqlite' ? CheckingRunner : WaitingRunner;
    return new Runner(this.driver, this.options, this.config);
  }

  protected override createStorage(): MigrationStorage {
    return new MigrationStorage(this.driver, this.options, namesOf(this.options));
  }

  /** MikroORM's would create the database and a table. */
  protected override async init(): Promise<void> {
    this.initialized = true;
    await this.initPaths();
  }

  /** The migrations that are not applied yet, oldest first; all of them if the database does not exist. */
  override async getPending(): ReturnType<PlainMigrator['getPending']> {
    await this.init();
    const applied = new Set(this.#isMissing ? [] : await this.storage.executed());
    return (await this.discoverMigrations()).filter(({ name }) => !applied.has(name)).map(({ name }) => ({ name }));
  }

  override async runMigrations(
    method: 'up' | 'down',
    options?: string | string[] | MigrateOptions,
  ): Promise<Awaited<ReturnType<PlainMigrator['runMigrations']>>> {
    if (namesOf(this.options).length === 0)
      throw new StartError('this copy of MmChat has no migrations. Install it again.');
    await this.prepare();
    this.on('migrating', ({ name }) => this.#note(name)).on('reverting', ({ name }) => this.#note(name));
    const run = async () => {
      await this.#refuseAnotherProgram();
      return super.runMigrations(method, options);
    };
    if (kindOf(this.driver) === 'postgresql') return this.#onPostgresql(run);
    return this.#withoutForeignKeys(() => this.#onSqlite(run));
  }

  /** @throws StartError if the tables in the database belong to another program */
  async #refuseAnotherProgram(): Promise<void> {
    const kind = kindOf(this.driver);
    const foreign = await tablesOfAnotherProgram(
      kind,
      (sql) => this.driver.getConnection().execute(sql),
      namesOf(this.options),
    );
    refuseAnotherProgram(kind, foreign);
  }

  /** Whether the SQLite file does not exist yet. */
  get #isMissing(): boolean {
    const file = this.config.get('dbName') ?? '';
    return kindOf(this.driver) === 'sqlite' && file !== MEMORY && !existsSync(file);
  }

  #note(name: string): void {
    this.#current = name;
  }

  #running(): string {
    return this.#current === undefined ? 'the migration has not begun' : `${this.#current} is running`;
  }

  /** One of many processes migrates. While a transaction uses a table that it has to change, it rolls back and retries. */
  async #onPostgresql<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    const lock = new AdvisoryLock(connection);
    const runner = this.runner as WaitingRunner; // which createRunner() has made
    const cause = async () => (await waitingFor(connection, [lock.process, runner.process])) ?? this.#running();
    return watched(this.watch, cause, () => lock.hold(() => retrying(run)));
  }

  /**
   * All migrations run in one transaction, which takes SQLite's lock when it begins. While another process holds it, this
   * one retries.
   */
  async #onSqlite<T>(run: () => Promise<T>): Promise<T> {
    const until = performance.now() + WAIT_MS;
    let isWaiting = false;
    const cause = () => (isWaiting ? 'another process has locked the SQLite file' : this.#running());
    return watched(this.watch, cause, async () => {
      for (;;) {
        try {
          return await run();
        } catch (error) {
          if (!isLocked(error) || performance.now() > until) throw error;
          isWaiting = true;
          await sleep(RETRY_EVERY_MS);
        }
      }
    });
  }

  /**
   * Rebuilding a table drops and creates it, which with foreign keys on would empty the tables that refer to it. Foreign
   * keys can only be switched off outside a transaction, so not in a migration.
   */
  async #withoutForeignKeys<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    await connection.execute('pragma foreign_keys = off');
    try {
      return await run();
    } finally {
      await connection.execute('pragma foreign_keys = on');
    }
  }
}

/** Tables of the Go server that this API was first written for. */
const GO_SERVER = ['users', 'messages'];

/** @throws StartError if there are any */
export function refuseAnotherProgram(kind: 'sqlite' | 'postgresql', tables: readonly string[]): void {
  if (tables.length === 0) return;
  const other = kind === 'sqlite' ? 'another file' : 'another database, or a schema of its own (?schema=NAME)';
  const isGoServer = GO_SERVER.every((table) => tables.includes(table));
  const way = isGoServer ? ' To import the database of the Go server, see docs/coming-from-go.md.' : '';
  throw new StartError(
    `not MmChat's database: it holds tables of another program (${tables.slice(0, 3).join(', ')}${tables.length > 3 ? ', …' : ''}). Nothing was changed. Name ${other} in DATABASE_URL.${way}`,
  );
}

/** Checks the foreign keys, which are off, after each migration, while it can still be rolled back. */
class CheckingRunner extends MigrationRunner {
  override run(...[migration, method, afterRun]: Parameters<MigrationRunner['run']>): Promise<void> {
    return super.run(migration, method, async (transaction) => {
      await this.#refuseBrokenRows(migration, transaction);
      await afterRun?.(transaction);
    });
  }

  async #refuseBrokenRows({ name }: Migration, transaction: Transaction | undefined): Promise<void> {
    const check = 'pragma foreign_key_check';
    const broken = await this.driver.getConnection().execute<object[]>(check, [], 'all', transaction);
    if (broken.length > 0) throw new Error(`${name} would leave ${broken.length} rows that point to nothing.`);
  }
}
