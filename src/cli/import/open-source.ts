import type { DatabaseConfig } from '../../config/database-url.ts';
import { explainDatabase } from '../../database/open-errors.ts';
import { StartError } from '../../database/start-error.ts';
import { openPostgresqlSource } from './postgresql-source.ts';
import type { Source } from './source.ts';
import { openSqliteSource } from './sqlite-source.ts';

/** @throws StartError with the cause and what to do, in one line */
export async function openSource(config: DatabaseConfig): Promise<Source> {
  try {
    return await (config.kind === 'sqlite' ? openSqliteSource(config.path) : openPostgresqlSource(config.url));
  } catch (error) {
    // it is named by an option, not by a variable
    throw new StartError(explainDatabase(error, config).message.replaceAll('DATABASE_URL', '--from'), { cause: error });
  }
}
