import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MailConfig } from './accounts/mail.ts';
import type { Values } from './config-variables.ts';
import { isInsecureOrigin } from './insecure-origin.ts';

export type DatabaseConfig = { kind: 'sqlite'; path: string } | { kind: 'postgresql'; url: string };

/** The default of the documented API: a published word, with which everybody can sign tokens. */
const PUBLISHED_SECRET = 'mangal';
const PUBLISHED_IGNORED =
  'JWT_SECRET is the published example, so a generated secret is used instead; set one of your own to keep logins';
const SECRET_BYTES = 32;
const MEMORY = ':memory:';

/** Which database a DATABASE_URL names: `postgres://…`, `postgresql://…` or `sqlite:PATH`. */
export function databaseOf(url: string, problems: string[]): DatabaseConfig {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return { kind: 'postgresql', url };
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path !== undefined) return { kind: 'sqlite', path };
  problems.push('DATABASE_URL has to be postgres://…, postgresql://… or sqlite:PATH');
  return { kind: 'sqlite', path: MEMORY };
}

/** SendGrid before SMTP before the development outbox, which production does not have. */
export function mailOf(value: Values, production: boolean, problems: string[]): MailConfig {
  const { SENDGRID_API_KEY: apiKey, SENDGRID_FROM: from, SENDGRID_ENDPOINT: endpoint } = value;
  if (apiKey !== undefined && from !== undefined) {
    return { kind: 'sendgrid', apiKey, from, ...(endpoint !== undefined && { endpoint }) };
  }
  if (value.SMTP_URL !== undefined) return { kind: 'smtp', url: value.SMTP_URL, from: value.MAIL_FROM };
  if (production) problems.push('production needs a way to send mail: SENDGRID_API_KEY and SENDGRID_FROM, or SMTP_URL');
  return { kind: 'outbox', print: true };
}

/**
 * The secret that signs tokens. Production takes a real one or does not start. Development keeps a generated one, so that
 * logins survive a restart; the published one counts as unset, so that an `.env` of the documented API works, safely.
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
    problems.push(`JWT_SECRET has to be a secret of your own of at least ${SECRET_BYTES} bytes in production`);
  }
  return given ?? '';
}

/** Browsers keep no secure cookie over plain HTTP, and say nothing; the server does not speak TLS itself. */
export function warnOfPlainHttp({ PUBLIC_URL: origins, TRUST_PROXY: proxies }: Values, warnings: string[]): void {
  const plain = origins.filter((origin) => isInsecureOrigin(new URL(origin)));
  if (plain.length > 0)
    warnings.push(`browsers keep no login at ${plain.join(', ')} (PUBLIC_URL): COOKIE_SECURE is on`);
  if (origins.length > 0 || proxies > 0) return;
  warnings.push(
    'browsers keep no login over http:// (COOKIE_SECURE is on), and no proxy with TLS is known (TRUST_PROXY=0)',
  );
}

function keptSecret(database: DatabaseConfig): string {
  const fresh = randomBytes(SECRET_BYTES).toString('base64url');
  if (database.kind !== 'sqlite' || database.path === MEMORY) return fresh;
  const file = join(dirname(database.path), 'jwt-secret');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (kept !== '') return kept;
  rmSync(file, { force: true }); // an empty one, which a crash can leave behind, would protect nobody
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, fresh, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker: use its secret
  }
  return readFileSync(file, 'utf8');
}
