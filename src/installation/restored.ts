import { existsSync } from 'node:fs';
import type { Command } from '../cli/command.ts';
import { readEnvironment } from '../config/config.ts';
import { databaseOf } from '../config/database-url.ts';
import { ConfigError } from '../config/definition.ts';
import { parse } from '../config/variables.ts';
import { openDatabase } from '../server/open-database.ts';
import { beginEpoch } from './installation.ts';

const DONE = `A new epoch has begun. Running servers detect it within some seconds; clients drop their stored messages and load them
again from the restored database.`;

const HELP = `Run it after each restore, before or while servers use the database. Clients may have received more than the backup
contains. Without this command they would keep that, and miss the messages that are sent instead.

  --copy    The database is a copy of one that stays in use: it also gets its own id, so that both can use the same
            Redis. Stop the servers on the copy first.`;

/** `mmchat restored` */
export const RESTORED: Command = {
  summary: 'informs servers and clients that a backup was restored',
  help: HELP,
  options: { copy: { type: 'boolean' } },
  async run({ copy }) {
    const database = await openDatabase(existingDatabase());
    try {
      await beginEpoch(database, copy === true);
    } finally {
      await database.close();
    }
    return DONE;
  },
};

/** The database of the environment, which has to exist. */
function existingDatabase() {
  const problems: string[] = [];
  const found = databaseOf(
    parse({ DATABASE_URL: readEnvironment().variables.DATABASE_URL }, problems).DATABASE_URL,
    problems,
  );
  if (problems.length > 0) throw new ConfigError(problems);
  if (found.kind === 'sqlite' && !existsSync(found.path))
    throw new Error(`there is no database at ${found.path} (DATABASE_URL)`);
  return found;
}
