import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Tokens } from '../../src/accounts/tokens.ts';
import { databaseOf } from '../../src/config-parts.ts';
import { Database } from '../../src/database.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import { postgresql } from '../../test/support/services.ts';
import { sessionIdOf } from './filling.ts';
import { type Server, startServer } from './server.ts';

export type Kind = 'sqlite' | 'postgresql';
/** Our server on a database of its own, and tokens for the users that the database was filled with. */
export type Ours = Server & { readonly database: string; tokenOf(userId: number): string };
type Fill = (database: Database) => Promise<void>;

const SECRET = randomBytes(32).toString('base64url');
const DAY_MS = 86_400_000;
const tokens = new Tokens(SECRET);

/** The token of a user's session, as a login would give it. */
export const tokenOf = (userId: number) =>
  tokens.issue({ userId, sessionId: sessionIdOf(userId), expiresAt: Date.now() + DAY_MS });

/** Makes a database, fills it, and starts the server on it as a user would: `node src/main.ts`, told by its environment. */
export async function startOurs(kind: Kind, fill: Fill, env: Record<string, string> = {}): Promise<Ours> {
  const made = await makeDatabase(kind, fill);
  const server = await startOn(made.url, env);
  return {
    ...server,
    database: made.url,
    tokenOf,
    async stop() {
      await server.stop();
      await made.remove();
    },
  };
}

/** The server alone, on a database that is there. */
export function startOn(database: string, env: Record<string, string> = {}): Promise<Server> {
  return startServer(join(import.meta.dirname, '../../src/main.ts'), [], {
    NODE_ENV: 'production',
    HTTP_ADDR: '127.0.0.1:0',
    DATABASE_URL: database,
    JWT_SECRET: SECRET,
    SMTP_URL: 'smtp://127.0.0.1:1', // production wants one; nobody is written to
    RATE_LIMITS: 'off',
    ...env,
  });
}

export type Made = { url: string; remove(): Promise<void> };

/** A database in a temporary folder, or in the PostgreSQL of this run, with our tables and whatever `fill` puts there. */
export async function makeDatabase(kind: Kind, fill: Fill): Promise<Made> {
  const made = kind === 'sqlite' ? inFolder() : await inPostgresql();
  const database = await Database.open(databaseOf(made.url, []));
  try {
    await fill(database);
  } finally {
    await database.close();
  }
  return made;
}

function inFolder(): Made {
  const folder = makeTemporaryFolder('bench');
  return { url: `sqlite:${join(folder, 'chat.sqlite')}`, remove: async () => removeTemporaryFolder(folder) };
}

async function inPostgresql(): Promise<Made> {
  const server = await postgresql();
  if (server === undefined) throw new Error('PostgreSQL is not installed');
  const url = await server.createDatabase();
  return { url, remove: () => server.dropDatabase(url) };
}
