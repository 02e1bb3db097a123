import { setTimeout as sleep } from 'node:timers/promises';

/** How long a statement waits for another process that has the lock, before it fails. */
const LOCKED_WITHIN_MS = 5_000;
/** Shorter waits are not reported: a backup, for example, writes for a moment. */
const REPORT_AFTER_MS = 1_000;
const [MIN_PAUSE_MS, MAX_PAUSE_MS] = [2, 50];

/** Returned if another process holds the lock, so that nothing was done. */
export const LOCKED = Symbol('locked');

/** Is called when another process has held the lock for long, and when it no longer does. */
export type LockWatcher = { locked(): void; unlocked(): void };

/**
 * Waits for locks of other processes by retrying: SQLite's own waiting (`busy_timeout`) would block the whole process.
 */
export class LockWaiting {
  readonly #watcher: LockWatcher;
  #reported = false;

  constructor(watcher: LockWatcher) {
    this.#watcher = watcher;
  }

  /** Whether another process has held the lock for so long that it was reported, and still holds it as far as is known. */
  get lasts(): boolean {
    return this.#reported;
  }

  /**
   * Repeats an attempt that returns `LOCKED`, with pauses.
   * @throws Error `SQLITE_BUSY` after 5 s
   */
  async wait<T>(attempt: () => Promise<T | typeof LOCKED>): Promise<T> {
    const result = await attempt();
    return result === LOCKED ? this.#retry(attempt) : result;
  }

  /** To be called when the lock was acquired. */
  acquired(): void {
    if (!this.#reported) return;
    this.#reported = false;
    this.#watcher.unlocked();
  }

  async #retry<T>(attempt: () => Promise<T | typeof LOCKED>): Promise<T> {
    const began = performance.now();
    for (let pause = MIN_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      await sleep(pause);
      const result = await attempt();
      if (result !== LOCKED) {
        this.acquired();
        return result;
      }
      const waited = performance.now() - began;
      if (waited > REPORT_AFTER_MS) this.#report();
      if (waited > LOCKED_WITHIN_MS) throw new LockedError();
    }
  }

  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#watcher.locked();
  }
}

class LockedError extends Error {
  readonly code = 'SQLITE_BUSY';

  constructor() {
    super('another process has the lock of the SQLite file');
  }
}

/** Runs a statement, or several of which only the first can find the file locked. */
export async function unlessLocked<T>(run: () => Promise<T> | T): Promise<T | typeof LOCKED> {
  try {
    return await run();
  } catch (error) {
    if (isLocked(error)) return LOCKED;
    throw error;
  }
}

/** Whether an error means that another process holds the lock. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
