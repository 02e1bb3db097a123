/** Node's codes for a connection that cannot be made or was cut. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** PostgreSQL: class 08 connection exceptions, 57P01–57P05 shutting down or starting, 53300 too many connections. */
const SQLSTATE = /^(08|57P0|53300)/;
/** `pg` has no codes for these. */
const PG_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;
/** SQLite: the file is locked by another process for longer than we wait, or the disk fails. */
const SQLITE = /^SQLITE_(BUSY|IOERR|FULL|CANTOPEN)/;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Whether an error says that the database cannot be reached, rather than that it refused a statement. */
export function isUnavailable(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = textOf((each as NodeJS.ErrnoException).code);
    if (NETWORK.has(code) || SQLSTATE.test(code) || SQLITE.test(code) || PG_MESSAGES.test(each.message)) return true;
  }
  return false;
}

/** Whether the database itself refused a statement: nothing of its transaction is kept then. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // PostgreSQL's errors have a severity, those of the connection to it have none
  return 'severity' in error || ('code' in error && textOf(error.code).startsWith('SQLITE_'));
}

/** Whether a statement broke a unique constraint, told by a part of its name (a column's, say). */
export function breaksUnique(error: unknown, column: string): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = textOf((each as NodeJS.ErrnoException).code);
    const unique = code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
    if (unique && describe(each).includes(column)) return true;
  }
  return false;
}

const describe = (error: Error) => `${error.message} ${'constraint' in error ? error.constraint : ''}`;
