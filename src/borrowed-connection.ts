import {
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Sql } from './database.ts';

type Execute = DatabaseConnection['executeQuery'];

/** SQLite's own adapter would have each statement wait for the one before; these are run to their end at once. */
class UnguardedSqlite extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

const KINDS = {
  sqlite: [() => new UnguardedSqlite(), SqliteIntrospector, SqliteQueryCompiler],
  postgresql: [() => new PostgresAdapter(), PostgresIntrospector, PostgresQueryCompiler],
} as const;

/** A Kysely over one connection, which belongs to a transaction: it neither waits between statements nor begins any. */
export function borrowed(kind: keyof typeof KINDS, execute: Execute): Sql {
  const [createAdapter, Introspector, QueryCompiler] = KINDS[kind];
  const connection = { executeQuery: execute, streamQuery: () => Promise.reject(new Error('not in a transaction')) };
  return new Kysely({
    dialect: {
      createAdapter: createAdapter as () => DialectAdapter,
      createDriver: () => driverOf(connection as never), // it streams nothing
      createIntrospector: (db) => new Introspector(db),
      createQueryCompiler: () => new QueryCompiler(),
    },
  });
}

const nothing = () => Promise.resolve();
const driverOf = (connection: DatabaseConnection): Driver => ({
  init: nothing,
  acquireConnection: () => Promise.resolve(connection),
  releaseConnection: nothing,
  beginTransaction: nothing,
  commitTransaction: nothing,
  rollbackTransaction: nothing,
  destroy: nothing,
});
