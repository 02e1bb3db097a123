import { ChatError } from '../operation/errors.ts';

/** The meaning of an error of the database. Errors that are not in the table below are internal errors. */
export type DatabaseFault = {
  /** The error that clients receive; they repeat the call after either. */
  readonly answer: 'database_unavailable' | 'busy';
  /** Whether the connection on which it occurred is closed. */
  readonly endsConnection: boolean;
  /** A sentence for the operator. */
  readonly cause: string;
  /** What the operator can do, unless it passes by itself. */
  readonly next?: string;
};

type Row = DatabaseFault & { readonly codes: RegExp; readonly messages?: RegExp };

const lost = { answer: 'database_unavailable', endsConnection: true } as const;
const refused = { answer: 'database_unavailable', endsConnection: false } as const;
const conflict = { answer: 'busy', endsConnection: false } as const;

/** The code of a connection that was closed because nothing arrived on it. */
export const NO_ANSWER = 'NO_ANSWER';

/** The first row whose codes or messages match applies. Codes are SQLSTATEs of PostgreSQL, and codes of SQLite and Node. */
const FAULTS: readonly Row[] = [
  {
    ...lost,
    codes: /^NO_ANSWER$/,
    cause: 'No answer came from the database in time.',
    next: 'Check whether the database server runs and what it waits for, and whether a firewall or NAT drops connections.',
  },
  {
    ...lost,
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    cause: 'The name of the database server cannot be resolved.',
    next: 'Check the host in DATABASE_URL and the name servers.',
  },
  {
    ...lost,
    codes: /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/,
    cause: 'The certificate of the database server is not accepted.',
    next: 'Check sslmode and sslrootcert in DATABASE_URL, and whether the certificate has expired.',
  },
  {
    ...lost,
    codes: /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENETUNREACH)$/,
    cause: 'The database server cannot be reached, or cut the connection.',
    next: 'Check whether the database server runs and can be reached from this computer.',
  },
  {
    ...lost,
    codes: /^(57P0|25P03|25P04)/,
    cause: 'The database server is stopping or starting, or ended the connection.',
    next: 'If it does not come back by itself, look at the log of the database server.',
  },
  {
    ...lost,
    codes: /^(53300|53400)$/,
    cause: 'The database server accepts no more connections.',
    next: 'Raise max_connections, or find the clients that use the connections (pg_stat_activity).',
  },
  {
    ...lost,
    codes: /^28/,
    cause: 'The database server refuses the user or the password.',
    next: 'Check user and password in DATABASE_URL, and pg_hba.conf of the server.',
  },
  {
    ...lost,
    codes: /^(3D000|3F000)$/,
    cause: 'The database, or its schema, does not exist.',
    next: 'Check the name of the database in DATABASE_URL, or restore it.',
  },
  {
    ...lost,
    codes: /^25006$/,
    cause: 'The database is read-only: it is a standby, or is configured as read-only.',
    next: 'Name the primary in DATABASE_URL, or find out why the database is read-only (default_transaction_read_only).',
  },
  {
    ...refused,
    codes: /^(53100|SQLITE_FULL)$/,
    cause: 'The disk of the database is full.',
    next: 'Free space on it. Nothing else is needed.',
  },
  {
    ...refused,
    codes: /^(53|54001)/,
    cause: 'The database server is out of memory or another resource.',
    next: 'Look at the log of the database server.',
  },
  {
    ...refused,
    codes: /^42501$/,
    cause: 'The user of the database lacks a privilege that the server needs.',
    next: 'Grant it all privileges on the tables and sequences, or make it their owner.',
  },
  {
    ...refused,
    codes: /^(42P01|42703)$/,
    cause: 'A table or column that the server needs does not exist in the database.',
    next: 'Check that DATABASE_URL names the right database, then restart the server: it runs the missing migrations.',
  },
  {
    ...lost,
    codes: /^(26000|42P05)$/,
    cause: 'The prepared statements of a connection no longer exist: a pooler shares the connection among clients.',
    next: 'Set the pooler to session mode (PgBouncer: pool_mode = session).',
  },
  {
    ...lost,
    codes: /^(58|XX001|XX002|F0)/,
    cause: 'The database server cannot read or write its files.',
    next: 'Look at the log of the database server and at its disks; restore a backup if files are damaged.',
  },
  {
    ...conflict,
    codes: /^55P03$/,
    cause: 'Another program or transaction locks a row or a table for longer than calls can wait.',
    next: 'Find the owner of the lock (pg_locks, pg_stat_activity): another program, or a transaction that was left open.',
  },
  {
    ...conflict,
    codes: /^57014$/,
    cause: 'Statements were cancelled: they exceeded statement_timeout, or an administrator cancelled them.',
    next: 'Check that statement_timeout is long enough (5 s or more), and the load of the database server.',
  },
  {
    ...conflict,
    codes: /^40(001|P01)$/,
    cause: 'Transactions conflicted with others repeatedly.',
    next: 'Find the other program that changes the tables of the server.',
  },
  { ...conflict, endsConnection: true, codes: /^0A000$/, cause: 'A table was changed while the server was running.' },
  {
    ...lost,
    codes: /^(08|40003)/,
    messages:
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed/,
    cause: 'The connection to the database was lost, or could not be established in time.',
    next: 'Check whether the database server runs and can be reached from this computer.',
  },
  {
    ...refused,
    codes: /^SQLITE_(BUSY|LOCKED|PROTOCOL)/,
    cause: 'Another process keeps the database file locked.',
    next: 'Find the other process that has the file open, and end its transaction.',
  },
  {
    ...refused,
    codes: /^SQLITE_(READONLY|PERM)/,
    cause: 'The database file is not writable.',
    next: 'Check the owner and the permissions of the file and its folder, and whether the file system is mounted read-only.',
  },
  {
    ...refused,
    codes: /^SQLITE_CANTOPEN/,
    cause: 'The database file, or one beside it, cannot be opened.',
    next: 'Check that the file and its folder exist, and that the server may read and write them.',
  },
  {
    ...refused,
    codes: /^SQLITE_(IOERR|NOLFS)/,
    cause: 'Reading or writing the database file failed.',
    next: 'Check the log of the system, and the disk.',
  },
  {
    ...refused,
    codes: /^SQLITE_(CORRUPT|NOTADB)/,
    cause: 'The database file is damaged, or is no database.',
    next: 'Stop the server and restore a backup.',
  },
];

type Coded = { readonly code?: unknown };
const codeIn = (error: Error): string => {
  const { code } = error as Coded;
  return typeof code === 'string' ? code : '';
};

/**
 * The meaning of an error of the database, with its code; undefined for other errors and internal errors.
 * @param thrown what was thrown; its causes are examined too
 */
export function databaseFault(thrown: unknown): (DatabaseFault & { readonly code: string | undefined }) | undefined {
  for (let each = thrown; each instanceof Error && !(each instanceof ChatError); each = each.cause) {
    const code = codeIn(each);
    const { message } = each;
    const fault = FAULTS.find(({ codes, messages }) => codes.test(code) || messages?.test(message));
    if (fault !== undefined) return { ...fault, code: code === '' ? undefined : code };
  }
  return undefined;
}

/** Whether a connection on which PostgreSQL reported this SQLSTATE is closed. */
export const endsConnection = (code: string | undefined): boolean =>
  code !== undefined && FAULTS.find(({ codes }) => codes.test(code))?.endsConnection === true;

/** Whether the same may succeed at once, or as soon as another transaction has released its locks. */
export const isConflict = (error: unknown): boolean => databaseFault(error)?.answer === 'busy';

/** Whether an error means that the database cannot be used at present, not that it refused a statement. */
export const isUnavailable = (error: unknown): boolean => databaseFault(error)?.answer === 'database_unavailable';

/** Whether the database itself refused a statement: its transaction is rolled back then. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // errors that PostgreSQL reports have a severity, errors of the connection have none
  return 'severity' in error || codeIn(error).startsWith('SQLITE_');
}

/** Whether a statement violated a unique constraint whose name contains this column. */
export function breaksUnique(error: unknown, column: string): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = codeIn(each);
    const unique = code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
    if (unique && describe(each).includes(column)) return true;
  }
  return false;
}

const describe = (error: Error) => `${error.message} ${'constraint' in error ? error.constraint : ''}`;
