import type { Lock } from './claim.ts';

/** The part of a better-sqlite3 database that locking uses. */
export type LockFile = { exec(text: string): unknown; close(): unknown };

/**
 * Excludes all other servers from a SQLite file, by SQLite's own lock on a separate file: the system releases it when
 * the process ends, however it ends. Other programs can still read or back up the database itself.
 */
export class SqliteLock implements Lock {
  readonly advice = 'A SQLite file belongs to one server: stop the other, or use PostgreSQL and REDIS_URL for several.';
  readonly #open: () => LockFile;
  #file: LockFile | undefined;
  #held = false;

  /** @param open opens the separate file, without waiting for locks */
  constructor(open: () => LockFile) {
    this.#open = open;
  }

  async take(): Promise<boolean> {
    if (this.#held) return true;
    this.#file ??= this.#open();
    try {
      this.#file.exec('pragma journal_mode = memory; begin exclusive'); // no writes, so no journal file
      this.#held = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'SQLITE_BUSY') throw error;
    }
    return this.#held;
  }

  async isHeld(): Promise<boolean> {
    return this.#held;
  }

  async release(): Promise<void> {
    this.#held = false;
    this.#file?.close();
    this.#file = undefined;
  }
}
