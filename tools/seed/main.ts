import { readConfig, readEnvironment } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/definition.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { keepFilesPrivate } from '../../src/server/private-files.ts';
import { PASSWORD } from './cast.ts';
import { countPeople, seedDatabase } from './seed.ts';

keepFilesPrivate();
try {
  const { variables: env, warnings } = readEnvironment();
  for (const warning of warnings) console.warn(`Warning: ${warning}`);
  if (env.NODE_ENV?.trim() === 'production')
    throw new Error('in production, users with a known password would let anybody in.');
  console.log(await seed(env));
} catch (error) {
  console.error(`Not seeded: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function seed(env: Environment): Promise<string> {
  const { database: where, passwords } = readConfig(env);
  const database = await openDatabase(where);
  try {
    if ((await countPeople(database)) > 0 && !process.argv.includes('--more'))
      throw new Error('this database already contains users. Add more with: npm run seed -- --more');
    const { usernames, conversations, messages } = await seedDatabase(database, passwords);
    return [
      `Seeded ${usernames.length} users, ${conversations} conversations and ${messages} messages.`,
      `  log in as  ${usernames.join(', ')}`,
      `  password   ${PASSWORD}`,
    ].join('\n');
  } finally {
    await database.close();
  }
}
