import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MEMORY, mayHaveFolder } from '../database/sqlite/creation.ts';
import type { DatabaseConfig } from './database-url.ts';

/** The default of the documented API. It is public, so anybody could sign tokens with it. */
const PUBLISHED_SECRET = 'mangal';
const PUBLISHED_IGNORED =
  'JWT_SECRET is the published example, so a generated secret is used instead; set your own to keep logins';
const SECRET_BYTES = 32;

/**
 * The secret that signs tokens. Production requires a real one. Development generates one and keeps it, so that logins
 * survive a restart; the published one counts as unset, so that an `.env` of the documented API works safely.
 */
export function jwtSecretOf(
  given: string | undefined,
  production: boolean,
  database: DatabaseConfig,
  { problems, warnings }: { problems: string[]; warnings: string[] },
) {
  if (!production && given === PUBLISHED_SECRET) warnings.push(PUBLISHED_IGNORED);
  if (!production) return given === undefined || given === PUBLISHED_SECRET ? keptSecret(database) : given;
  if (given === undefined || given === PUBLISHED_SECRET || Buffer.byteLength(given) < SECRET_BYTES) {
    problems.push(`JWT_SECRET has to be your own secret of at least ${SECRET_BYTES} bytes in production`);
  }
  return given ?? '';
}

function keptSecret(database: DatabaseConfig): string {
  const fresh = randomBytes(SECRET_BYTES).toString('base64url');
  if (database.kind !== 'sqlite' || database.path === MEMORY) return fresh;
  if (!mayHaveFolder(database.path, database.create)) return fresh; // opening the database reports it
  const file = join(dirname(database.path), 'jwt-secret');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (kept !== '') return kept;
  rmSync(file, { force: true }); // a crash can leave an empty file, which would be no secret
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, fresh, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // use the secret of the process that was first
  }
  return readFileSync(file, 'utf8');
}
