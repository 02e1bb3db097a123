/** A better-sqlite3 database, as far as preparing goes. */
type Preparing<Statement> = { prepare(text: string): Statement };

/** How long a statement waits, inside SQLite, for another process that writes. */
export const BUSY_TIMEOUT_MS = 5_000;

/**
 * Has a SQLite connection take the lock for writing when a transaction begins, and not at its first write: what another
 * process committed between a transaction's first read and its first write would make that write fail, whatever it waits
 * (`SQLITE_BUSY_SNAPSHOT`). Kysely says `begin` and has no setting for it.
 */
export function beginImmediately<Statement extends object>(database: Preparing<Statement>): void {
  const prepare = database.prepare.bind(database);
  database.prepare = (text) => prepare(text === 'begin' ? 'begin immediate' : text);
}
