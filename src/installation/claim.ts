import type { Conditions } from '../monitoring/conditions.ts';

/** A lock on a database, which is released if its holder crashes. */
export type Lock = {
  /** @returns false while another server holds it; rejects while the database is unreachable */
  take(): Promise<boolean>;
  /** Whether it is still held; a broken connection loses it. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
  /** What the operator of a server without the lock can do. */
  readonly advice: string;
};

type Times = Readonly<{
  /** How long a start waits for another server to stop. */
  waitMs: number;
  /** How often a start tries to take the lock. */
  tryEveryMs: number;
  /** How often a server checks that it still holds the lock. */
  checkEveryMs: number;
  /** After a broken connection PostgreSQL may hold the lock for the server's own old connection for a while. */
  disputedAfterMs: number;
}>;

/** A server takes up to 10 s to stop, and a supervisor may start the next one before that. */
export const CLAIM_TIMES: Times = {
  waitMs: 12_000,
  tryEveryMs: 100,
  checkEveryMs: 2_000,
  disputedAfterMs: 30_000,
};

const WAITING = 'It may be stopping: this server waits for it for a while.';

/**
 * This server's claim on its database. Without Redis a server has to be the only one: its clients would receive no
 * events of changes that another server commits. With Redis it shares the database with other servers that use Redis.
 */
export class Claim {
  readonly #lock: Lock;
  readonly #conditions: Conditions;
  readonly #times: Times;
  readonly #timer: NodeJS.Timeout;
  #heldAt = performance.now();
  #checking: Promise<void> | undefined;

  private constructor(lock: Lock, conditions: Conditions, times: Times) {
    this.#lock = lock;
    this.#conditions = conditions;
    this.#times = times;
    this.#timer = setInterval(() => this.#check(), times.checkEveryMs).unref();
  }

  /**
   * Claims the database; waits for a server that is stopping.
   * @throws Error with one line if another server still holds a conflicting lock after `waitMs`
   */
  static async make(lock: Lock, conditions: Conditions, times = CLAIM_TIMES): Promise<Claim> {
    const until = performance.now() + times.waitMs;
    try {
      while (!(await lock.take())) {
        conditions.begin('other_server', { cause: 'the other server holds the lock on the database', next: WAITING });
        if (performance.now() > until) throw new Error(`another server uses this database. ${lock.advice}`);
        await new Promise((resolve) => setTimeout(resolve, times.tryEveryMs));
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
    conditions.end('other_server');
    return new Claim(lock, conditions, times);
  }

  /** Releases the database for the next server. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
    await this.#lock.release();
  }

  #check(): void {
    this.#checking ??= this.#renew()
      .catch(() => undefined) // the database is unreachable, which has its own condition
      .finally(() => {
        this.#checking = undefined;
      });
  }

  /** Takes a lock that was lost with its connection again, unless another server has taken it meanwhile. */
  async #renew(): Promise<void> {
    if ((await this.#lock.isHeld()) || (await this.#lock.take())) {
      this.#heldAt = performance.now();
      this.#conditions.end('other_server');
    } else if (performance.now() - this.#heldAt > this.#times.disputedAfterMs)
      this.#conditions.begin('other_server', {
        cause: 'the other server took the lock on the database after this one had lost it',
        next: this.#lock.advice,
      });
  }
}
