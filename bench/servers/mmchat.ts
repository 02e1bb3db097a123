import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokens } from '../../src/accounts/tokens.ts';
import { databaseOf } from '../../src/config/database-url.ts';
import type { Database } from '../../src/database/database.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import { durablePostgresql } from '../../test/support/services.ts';
import { openToFill, sessionIdOf } from './fill-database.ts';
import { type Server, startServer } from './server.ts';

export type Kind = 'sqlite' | 'postgresql';
/** An MmChat server with its own database, and tokens for the users in it. */
export type MmChat = Server & { readonly database: string; tokenOf(userId: number): string };
type Fill = (database: Database) => Promise<void>;

const SECRET = randomBytes(32).toString('base64url');
const DAY_MS = 86_400_000;
const tokens = new Tokens(SECRET);

/** The token of a user's session, as a login would return it. */
export const tokenOf = (userId: number) =>
  tokens.issue({ userId, sessionId: sessionIdOf(userId), expiresAt: Date.now() + DAY_MS });

/**
 * Creates and fills a database, then starts MmChat on it as an operator would: `node src/main.ts`, configured by its
 * environment. The server comes from the given checkout; the tables and the contents of the database from this one.
 */
export async function startMmChat(
  checkout: string,
  kind: Kind,
  fill: Fill,
  env: Record<string, string> = {},
): Promise<MmChat> {
  const created = await createDatabase(kind, fill);
  const server = await startOnDatabase(checkout, created.url, env);
  return {
    ...server,
    database: created.url,
    tokenOf,
    async stop() {
      await server.stop();
      await created.remove();
    },
  };
}

/** Starts MmChat on an existing database. */
export function startOnDatabase(checkout: string, database: string, env: Record<string, string> = {}): Promise<Server> {
  return startServer(join(checkout, 'src/main.ts'), [], {
    NODE_ENV: 'production',
    HTTP_ADDR: '127.0.0.1:0',
    DATABASE_URL: database,
    JWT_SECRET: SECRET,
    SMTP_URL: 'smtp://127.0.0.1:1', // required in production; no scenario sends mail
    RATE_LIMITS: 'off',
    ...env,
  });
}

export type TemporaryDatabase = { url: string; remove(): Promise<void> };

/** Creates a database with MmChat's tables, in a temporary folder or in the bench's own PostgreSQL, and fills it. */
export async function createDatabase(kind: Kind, fill: Fill): Promise<TemporaryDatabase> {
  const created = kind === 'sqlite' ? createSqliteFile() : await createInPostgresql();
  const database = await openToFill(databaseOf(created.url, []));
  try {
    await fill(database);
  } finally {
    await database.close();
  }
  return created;
}

function createSqliteFile(): TemporaryDatabase {
  const folder = makeTemporaryFolder('bench', tmpdir());
  return { url: `sqlite:${join(folder, 'chat.sqlite')}`, remove: async () => removeTemporaryFolder(folder) };
}

async function createInPostgresql(): Promise<TemporaryDatabase> {
  const server = await durablePostgresql();
  if (server === undefined) throw new Error('PostgreSQL is not installed');
  const url = await server.createDatabase();
  return { url, remove: () => server.dropDatabase(url) };
}
