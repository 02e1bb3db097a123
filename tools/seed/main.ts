import { parseArgs } from 'node:util';
import { readConfig, readEnvironment } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/definition.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { keepFilesPrivate } from '../../src/server/private-files.ts';
import { PASSWORD } from './cast.ts';
import { countPeople, seedDatabase } from './seed.ts';

const OPTIONS = { more: { type: 'boolean' }, messages: { type: 'string' } } as const;

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
  const { more, messages } = parseArgs({ options: OPTIONS }).values;
  const isNumber = messages === undefined || /^[1-9]\d{0,5}$/.test(messages);
  if (!isNumber) throw new Error('--messages has to be a number from 1 to 999999.');
  const { database: where, passwords } = readConfig(env);
  const database = await openDatabase(where);
  try {
    if ((await countPeople(database)) > 0 && more !== true)
      throw new Error('this database already contains users. Add more with: npm run seed -- --more');
    const seeded = await seedDatabase(database, {
      ...passwords,
      ...(messages !== undefined && { messages: Number(messages) }),
    });
    return [
      `Seeded ${seeded.usernames.length} users, ${seeded.conversations} conversations and ${seeded.messages} messages.`,
      `  log in as  ${seeded.usernames.join(', ')}`,
      `  password   ${PASSWORD}`,
    ].join('\n');
  } finally {
    await database.close();
  }
}
