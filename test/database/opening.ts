import { type DatabaseConfig, databaseOf } from '../../src/config/database-url.ts';
import { Database } from '../../src/database/database.ts';
import { StartError } from '../../src/database/start-error.ts';
import { openDatabase } from '../../src/server/open-database.ts';

/** The reason why a database cannot be opened, as the start reports it. Throws if it can be opened. */
export async function startErrorOf(config: DatabaseConfig): Promise<string> {
  const opened = await openDatabase(config).catch((error: unknown) => error);
  if (opened instanceof StartError) return opened.message;
  if (opened instanceof Database) await opened.close();
  throw opened instanceof Database ? new Error('it was opened') : opened;
}

/** The problems of a DATABASE_URL, one per line; empty if there are none. */
export function problemsOf(url: string): string {
  const problems: string[] = [];
  databaseOf(url, problems);
  return problems.join('\n');
}
