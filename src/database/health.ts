import type { Conditions } from '../monitoring/conditions.ts';
import { databaseFault, NO_ANSWER } from './errors.ts';

const CHECK_EVERY_MS = 1_000;
/** Conflicts come one by one: they are over when there was none for so long. */
const QUIET_AFTER_MS = 10_000;

/** Conditions that SQLite's backend reports itself, more precisely. */
const REPORTED_BY_SQLITE = ['database_locked', 'database_file_gone'] as const;

/**
 * Reports the state of the database to the operator: one line when it cannot be used, however often that is noticed, and
 * one when it can be used again, which is checked without waiting for a call.
 */
export class DatabaseHealth {
  readonly #conditions: Conditions;
  readonly #checkEveryMs: number;
  readonly #quietAfterMs: number;
  #check: (() => Promise<unknown>) | undefined;
  #checking: NodeJS.Timeout | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #conflictAt = Number.NEGATIVE_INFINITY;

  constructor(conditions: Conditions, { checkEveryMs = CHECK_EVERY_MS, quietAfterMs = QUIET_AFTER_MS } = {}) {
    this.#conditions = conditions;
    this.#checkEveryMs = checkEveryMs;
    this.#quietAfterMs = quietAfterMs;
  }

  /** @param check rejects while the database cannot be read and written */
  checkBy(check: () => Promise<unknown>): void {
    this.#check = check;
  }

  /** Takes any error. @returns whether it is one of the database, which needs no other line in the log */
  readonly failed = (thrown: unknown): boolean => {
    const fault = databaseFault(thrown);
    if (fault === undefined) return false;
    if (REPORTED_BY_SQLITE.some((name) => this.#conditions.has(name))) return true;
    const { cause, code, next, answer } = fault;
    const details = { cause, code, ...(next !== undefined && { next }) };
    if (answer === 'busy') {
      this.#conflictAt = performance.now();
      this.#conditions.begin('database_conflicts', details);
    } else {
      this.#failedAt = performance.now();
      this.#conditions.begin('database_unavailable', details);
    }
    this.#checking ??= setInterval(() => void this.#checkAgain(), this.#checkEveryMs).unref();
    return true;
  };

  /** To be called when a call was answered because the database had not answered in time. */
  readonly late = (): void => void this.failed(Object.assign(new Error('late'), { code: NO_ANSWER }));

  close(): void {
    clearInterval(this.#checking);
    this.#checking = undefined;
  }

  async #checkAgain(): Promise<void> {
    const now = performance.now();
    if (now - this.#conflictAt >= this.#quietAfterMs) this.#conditions.end('database_conflicts');
    if (this.#conditions.has('database_unavailable')) {
      const works = await this.#check?.().then(
        () => true,
        () => false,
      );
      if (works && this.#failedAt < now) this.#conditions.end('database_unavailable');
    }
    const { lasting } = this.#conditions;
    if (!lasting.includes('database_unavailable') && !lasting.includes('database_conflicts')) this.close();
  }
}
