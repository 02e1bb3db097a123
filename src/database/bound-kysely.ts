import { type DatabaseConnection, type Dialect, type Driver, Kysely } from 'kysely';
import type { Sql } from './queries.ts';

type Execute = DatabaseConnection['executeQuery'];

const nothing = () => Promise.resolve();

/**
 * A Kysely bound to one connection, which belongs to a transaction that is begun and ended elsewhere: statements are sent
 * at once, without waiting for each other.
 */
export function boundKysely(dialect: Dialect, execute: Execute): Sql {
  const streamQuery = () => {
    throw new Error('results are not streamed');
  };
  const connection: DatabaseConnection = { executeQuery: execute, streamQuery };
  const driver: Driver = {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: nothing,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    destroy: nothing,
  };
  return new Kysely({
    dialect: {
      createDriver: () => driver,
      createAdapter: () => dialect.createAdapter(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
    },
  });
}
