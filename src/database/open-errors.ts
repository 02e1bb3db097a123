import { resolve } from 'node:path';
import type { DatabaseConfig } from '../config/database-url.ts';
import { ReadOnlyServer } from './postgresql/pool.ts';
import { readPostgresqlUrl } from './postgresql/url.ts';
import { StartError } from './start-error.ts';

type Failure = { readonly code: string; readonly message: string };

const READ_ONLY =
  'default_transaction_read_only is on there. Use a user or a database that may write (alter role … set default_transaction_read_only = off).';
const STANDBY =
  'it is a standby, which only reads. Name the primary in DATABASE_URL, or all servers: HOST1,HOST2 with target_session_attrs=read-write.';
const CHECK = 'Check host and port in DATABASE_URL.';

/** The meaning of a code of Node, PostgreSQL or SQLite for a start, and what to do. */
const CODES: Record<string, string> = {
  ECONNREFUSED: `nothing listens there. Is it running? ${CHECK}`,
  ENOTFOUND: `its host is unknown. ${CHECK}`,
  EAI_AGAIN: 'its host cannot be resolved: the name service does not answer.',
  EHOSTUNREACH: `its host cannot be reached. ${CHECK}`,
  ENETUNREACH: `its network cannot be reached. ${CHECK}`,
  ETIMEDOUT: `it does not answer. ${CHECK}`,
  ECONNRESET: 'it cut the connection. Is it PostgreSQL, and is it running?',
  ENOENT: `there is no such socket. ${CHECK}`,
  EACCES: 'this user of the system may not use the socket.',
  '28P01': 'it refuses the password. Check user and password in DATABASE_URL.',
  '28000':
    'it does not accept this user from this address. Check the user in DATABASE_URL and pg_hba.conf there; some servers require encryption (sslmode=require).',
  '3D000': 'it has no such database. Check the name in DATABASE_URL, create it (createdb), or set DATABASE_CREATE=on.',
  '42501':
    'this user may not create tables there: grant create on schema public (or a schema of its own) to this user.',
  '53300': 'it accepts no more connections. Raise max_connections there, or run fewer nodes.',
  '57P03': 'it is starting or stopping. Start the server again when PostgreSQL is ready.',
  '08P01':
    'it, or a pooler in front of it, does not understand a parameter of the connection (options in DATABASE_URL?).',
  '25006': READ_ONLY,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another host than the one in DATABASE_URL (sslmode=verify-full). Use the name that the certificate is for.',
  CERT_HAS_EXPIRED: 'its certificate has expired. Renew it there.',
  SQLITE_NOTADB: 'the file is no SQLite database. Name another file in DATABASE_URL, or restore it from a backup.',
  SQLITE_CORRUPT: 'the file is damaged. Restore it from a backup.',
  SQLITE_CANTOPEN:
    'the file cannot be opened. Check the path in DATABASE_URL, and the permissions of the file and its folder.',
  SQLITE_READONLY: 'the file, or its folder, cannot be written to by this user of the system.',
  SQLITE_BUSY: 'another process has locked the file. Only one server may use it: stop the other one.',
  SQLITE_FULL: 'the disk is full.',
  SQLITE_IOERR: 'the disk fails, or the file system does not support SQLite (a network file system does not).',
};
const UNTRUSTED = /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER))/;
const MESSAGES: readonly [RegExp, string][] = [
  [
    /does not support SSL/,
    'it does not encrypt connections, and sslmode in DATABASE_URL requires it. Switch on ssl there.',
  ],
  [/no channel binding/, 'it offers no channel binding, and DATABASE_URL has channel_binding=require.'],
  [/connection timeout|timeout expired|timeout exceeded/, `it does not answer. ${CHECK}`],
  [
    /unsupported startup parameter/,
    'the pooler in front of it does not accept a parameter of DATABASE_URL (options?).',
  ],
  [/password must be a string|no password/i, 'it requires a password, and DATABASE_URL has none.'],
  [/Connection terminated unexpectedly/, 'it cut the connection. Is it PostgreSQL, and is it running?'],
];

/** An error with which a database could not be opened, as one line with what to do. It contains no secrets. */
export function explainDatabase(error: unknown, config: DatabaseConfig): StartError {
  if (error instanceof StartError) return error;
  const known = explain(error);
  const reason = known ?? `it failed with ${failuresOf(error)[0]?.code || 'an error'}: ${oneLine(error)}`;
  return new StartError(`${placeOf(config)}: ${reason}`, { cause: error });
}

function explain(error: unknown): string | undefined {
  for (const { code, message } of failuresOf(error)) {
    if (error instanceof ReadOnlyServer) return error.recovering ? STANDBY : READ_ONLY;
    const [known] = Object.keys(CODES).filter(
      (each) => code === each || (each.startsWith('SQLITE_') && code.startsWith(each)),
    );
    if (known !== undefined) return CODES[known];
    if (UNTRUSTED.test(code))
      return 'its certificate is not signed by a trusted authority (sslrootcert in DATABASE_URL names one).';
    const found = MESSAGES.find(([pattern]) => pattern.test(message));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

/** The error, its causes, and the errors that it aggregates. */
function failuresOf(error: unknown): Failure[] {
  if (!(error instanceof Error)) return [];
  const { code = '', message } = error as NodeJS.ErrnoException;
  const parts = error instanceof AggregateError ? error.errors.flatMap(failuresOf) : [];
  return [{ code: String(code), message }, ...parts, ...failuresOf(error.cause)];
}

const oneLine = (error: unknown) =>
  failuresOf(error)
    .find(({ message }) => message !== '')
    ?.message.split('\n')[0] ?? '';

const placeOf = (config: DatabaseConfig) =>
  config.kind === 'sqlite'
    ? `the database ${resolve(config.path)} cannot be used`
    : `PostgreSQL at ${readPostgresqlUrl(config.url).shown} cannot be used`;
