import { Database } from '../../src/database.ts';
import type { DatabaseKind } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';

/** Works with a database as it was before a migration, given by how its name ends; what the work leaves is removed. */
export async function onEarlier(
  context: Mocha.Context,
  kind: DatabaseKind,
  migration: string,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const postgresql = kind === 'postgresql' ? await requirePostgresql(context) : undefined;
  const url = await postgresql?.createDatabase();
  const database = await Database.open(
    url === undefined ? { kind: 'sqlite', path: ':memory:' } : { kind: 'postgresql', url },
  );
  const { migrator } = database.orm;
  const isThere = async () => (await migrator.getExecuted()).some(({ name }) => name.endsWith(migration));
  try {
    while (await isThere()) await migrator.down();
    await work(database);
  } finally {
    await database.close();
    if (url !== undefined) await postgresql?.dropDatabase(url);
  }
}
