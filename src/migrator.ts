import type { Transaction } from '@mikro-orm/core';
import { Migrator as PlainMigrator } from '@mikro-orm/migrations';
import { SqlitePlatform } from '@mikro-orm/sql';

/** Any number that nobody else locks in this database. */
const ADVISORY_LOCK = 727_001;

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

  override async runMigrations(
    ...args: Parameters<PlainMigrator['runMigrations']>
  ): Promise<Awaited<ReturnType<PlainMigrator['runMigrations']>>> {
    const run = () => super.runMigrations(...args);
    return this.driver.getPlatform() instanceof SqlitePlatform ? this.#withoutForeignKeys(run) : this.#alone(run);
  }

  /** The lock lives as long as a transaction of its own, on a connection of its own: a crash releases it. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    return connection.transactional(async (transaction: Transaction) => {
      await connection.execute(`select pg_advisory_xact_lock(${ADVISORY_LOCK})`, [], 'all', transaction);
      return run();
    });
  }

  /**
   * A rebuilt table is dropped and created anew, and with foreign keys on that empties the tables which point to it.
   * They can only be switched off outside a transaction, so it is done here and not in a migration.
   */
  async #withoutForeignKeys<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.driver.getConnection();
    await connection.execute('pragma foreign_keys = off');
    try {
      const result = await run();
      const broken = await connection.execute<object[]>('pragma foreign_key_check');
      if (broken.length > 0) throw new Error(`The migration left ${broken.length} rows that point to nothing.`);
      return result;
    } finally {
      await connection.execute('pragma foreign_keys = on');
    }
  }
}
