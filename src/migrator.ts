import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from '@mikro-orm/core';
import { type Migration, MigrationRunner, Migrator as PlainMigrator } from '@mikro-orm/migrations';
import { SqlitePlatform } from '@mikro-orm/sql';
import type { SqliteConnection } from '@mikro-orm/sqlite';
import { BUSY_TIMEOUT_MS, beginImmediately, isLocked } from './sqlite-locking.ts';

/** Any number that nobody else locks in this database. */
const ADVISORY_LOCK = 727_001;

/** How long another process may migrate a SQLite file. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * The one migrator, for the command line and for the start alike: on PostgreSQL many may start at once and one of them
 * migrates; on SQLite a table that others point to can be rebuilt without losing their rows.
 *
 * It has to be called `Migrator`: MikroORM registers its own one over any extension of another name.
 */
export class Migrator extends PlainMigrator {
  static override register(orm: Parameters<typeof PlainMigrator.register>[0]): void {
    orm.config.registerExtension('@mikro-orm/migrator', () => new Migrator(orm.em as never));
  }

  protected override createRunner(): MigrationRunner {
    const Runner = this.driver.getPlatform() instanceof SqlitePlatform ? CheckingRunner : MigrationRunner;
    return new Runner(this.driver, this.options, this.config);
  }

  override async runMigrations(
    ...args: Parameters<PlainMigrator['runMigrations']>
  ): Promise<Awaited<ReturnType<PlainMigrator['runMigrations']>>> {
    const run = () => super.runMigrations(...args);
    if (!(this.driver.getPlatform() instanceof SqlitePlatform)) return this.#alone(run);
    return this.#withoutForeignKeys(() => this.#whenNobodyElseDoes(run));
  }

  /** The lock lives as long as a transaction of its own, on a connection of its own: a crash releases it. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    return connection.transactional(async (transaction: Transaction) => {
      // it waits idle for as long as the migration takes, on another connection
      await connection.execute('set local idle_in_transaction_session_timeout = 0', [], 'all', transaction);
      await connection.execute(`select pg_advisory_xact_lock(${ADVISORY_LOCK})`, [], 'all', transaction);
      return run();
    });
  }

  /**
   * All migrations run in one transaction, which takes SQLite's lock when it begins. While another process has it, this
   * one asks again: waiting inside SQLite would hold up everything else in this process.
   */
  async #whenNobodyElseDoes<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    beginImmediately(await (connection as SqliteConnection).getNativeClient());
    const until = Date.now() + WAIT_MS;
    await connection.execute('pragma busy_timeout = 0');
    try {
      for (;;) {
        try {
          return await run();
        } catch (error) {
          if (!isOthersDoing(error) || Date.now() > until) throw error;
          await sleep(LOOK_EVERY_MS);
        }
      }
    } finally {
      await connection.execute(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  /**
   * A rebuilt table is dropped and created anew, and with foreign keys on that empties the tables which point to it.
   * They can only be switched off outside a transaction, so it is done here and not in a migration.
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

/** It holds the lock, or has just made the table of what was applied, which MikroORM makes outside the transaction. */
function isOthersDoing(error: unknown): boolean {
  return isLocked(error) || (error instanceof Error && /table .* already exists/.test(error.message));
}

/** Makes up for the foreign keys that are off: looks for what they would have refused, while it can still be undone. */
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
