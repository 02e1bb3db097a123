import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import type { DatabaseKind } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';

/**
 * Works with a database as it was before a migration, given by the end of its name; the results are removed. The work
 * can return to that state again.
 */
export async function onEarlier(
  context: Mocha.Context,
  kind: DatabaseKind,
  migration: string,
  work: (database: Database, back: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const postgresql = kind === 'postgresql' ? await requirePostgresql(context) : undefined;
  const url = await postgresql?.createDatabase();
  const database = await openDatabase(
    url === undefined ? { kind: 'sqlite', path: ':memory:' } : { kind: 'postgresql', url },
  );
  const { migrator } = database.orm;
  const isThere = async () => (await migrator.getExecuted()).some(({ name }) => name.endsWith(migration));
  try {
    const back = async () => {
      while (await isThere()) await migrator.down();
    };
    await back();
    await work(database, back);
  } finally {
    await database.close();
    if (url !== undefined) await postgresql?.dropDatabase(url);
  }
}
