/** A better-sqlite3 database and its statements, as far as beginning a transaction goes. */
type Statement = { readonly reader: boolean; run(...parameters: unknown[]): unknown };
type Preparing = { prepare(text: string): Statement };

/** How long a statement waits, inside SQLite, for another process that writes. */
export const BUSY_TIMEOUT_MS = 5_000;

/**
 * Has a SQLite connection take the lock for writing when a transaction begins, and not at its first write: what another
 * process committed between a transaction's first read and its first write would make that write fail, however long it
 * waits (`SQLITE_BUSY_SNAPSHOT`). This is for migrations: Kysely, in which MikroORM runs them, says `begin`, has no setting for it,
 * and keeps the connection for ever when that fails. So if the lock cannot be had, the transaction begins without it, and
 * its first write fails.
 */
export function beginImmediately(database: Preparing): void {
  const prepare = database.prepare.bind(database);
  const begin: Statement = {
    reader: false,
    run() {
      try {
        return prepare('begin immediate').run();
      } catch (error) {
        if (!isLocked(error)) throw error;
        return prepare('begin').run();
      }
    },
  };
  database.prepare = (text) => (text === 'begin' ? begin : prepare(text));
}

/** Whether an error says that another process has the lock. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
