import { environment, readConfig } from '../config.ts';
import { Database } from '../database.ts';
import { keepFilesPrivate } from '../private-files.ts';
import { PASSWORD } from './cast.ts';
import { countPeople, seedDatabase } from './seed.ts';

keepFilesPrivate();
const env = environment();
try {
  if (env.NODE_ENV?.trim() === 'production')
    throw new Error('in production people with a known password would let everybody in.');
  console.log(await seed());
} catch (error) {
  console.error(`Not seeded: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function seed(): Promise<string> {
  const { database: where, passwords } = readConfig(env);
  const database = await Database.open(where);
  try {
    if ((await countPeople(database)) > 0 && !process.argv.includes('--more'))
      throw new Error('there are people in this database already. Add to them with: npm run seed -- --more');
    const { usernames, conversations, messages } = await seedDatabase(database, passwords);
    return [
      `Seeded ${usernames.length} people, ${conversations} conversations and ${messages} messages.`,
      `  log in as  ${usernames.join(', ')}`,
      `  password   ${PASSWORD}`,
    ].join('\n');
  } finally {
    await database.close();
  }
}
