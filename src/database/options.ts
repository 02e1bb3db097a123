import type { EntitySchema, Options } from '@mikro-orm/core';
import { defineConfig as postgresql } from '@mikro-orm/postgresql';
import type { AbstractSqlDriver } from '@mikro-orm/sql';
import { defineConfig as sqlite } from '@mikro-orm/sqlite';
import type { DatabaseConfig } from '../config/database-url.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { tablesOfAnotherProgram } from './migration-storage.ts';
import * as postgresqlMigrations from './migrations/postgresql/index.ts';
import * as sqliteMigrations from './migrations/sqlite/index.ts';
import { ListingGenerator, listOf, Migrator, refuseAnotherProgram } from './migrator.ts';
import type { ConnectionWatch } from './postgresql/connection-watch.ts';
import { Postgresql } from './postgresql/postgresql.ts';
import { readPostgresqlUrl } from './postgresql/url.ts';
import { Sqlite } from './sqlite/sqlite.ts';

const MIGRATIONS = { sqlite: listOf(sqliteMigrations), postgresql: listOf(postgresqlMigrations) };

export type Settings = Pick<BackendOptions, 'conditions'> & {
  readonly silent?: boolean;
  /** Another list of migrations, for tests. */
  readonly migrations?: ReturnType<typeof listOf>;
  /** Closes connections to PostgreSQL on which nothing arrives any more. */
  readonly watch?: ConnectionWatch;
};

/**
 * The options of MikroORM for a database; the command line uses the same. Nothing is created by connecting.
 * @param entities the tables of all features
 */
export const ormOptions = (
  config: DatabaseConfig,
  entities: readonly EntitySchema[],
  settings?: Settings,
): Options<AbstractSqlDriver> => connect(config, entities, settings).options;

/** A database, not opened yet, and the options of MikroORM for it. */
export function connect(
  config: DatabaseConfig,
  entities: readonly EntitySchema[],
  { silent = false, migrations = MIGRATIONS[config.kind], watch, conditions }: Settings = {},
): { backend: Backend; options: Options<AbstractSqlDriver> } {
  const names = migrations.map(({ name }) => name);
  const checkTables: BackendOptions['checkTables'] = async (run) =>
    refuseAnotherProgram('sqlite', await tablesOfAnotherProgram('sqlite', run, names));
  const backend =
    config.kind === 'sqlite' ? new Sqlite(config, { conditions, checkTables }) : new Postgresql(config, watch);
  const common = {
    entities: [...entities],
    driverOptions: () => backend.dialect,
    extensions: [Migrator.preparing(() => backend.prepare())],
    ensureDatabase: false,
    migrations: {
      path: `./src/database/migrations/${config.kind}`,
      migrationsList: migrations,
      generator: ListingGenerator,
      snapshotName: '.snapshot',
      snapshotOnMigrate: false,
      silent,
    },
    baseDir: import.meta.dirname.replace(/\/src\/database$/, ''),
  };
  // the two drivers' option types have no common ancestor
  if (config.kind === 'sqlite') return { backend, options: sqlite({ ...common, dbName: config.path }) as never };
  const { database, user } = readPostgresqlUrl(config.url);
  return { backend, options: postgresql({ ...common, dbName: database ?? user ?? 'postgres' }) as never };
}
