import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { ChatError } from '../errors.ts';
import { PASSWORD_BYTES } from './fields.ts';
import { haveThreadPoolGiveWay } from './giving-way.ts';

/**
 * bcrypt works in the thread pool that files and DNS share: two at once leave the others room. One core is left to what
 * serves, if there are several.
 */
const AT_ONCE = Math.min(2, Math.max(1, availableParallelism() - 1));
const MOST_WAITING = 200;
const BUSY_RETRY_SEC = 5;

/** Hashes and checks passwords, one or two at a time; the rest wait in a line of bounded length. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #cost: number;
  /** For usernames that do not exist: checking them takes as long as checking those that do. */
  readonly #decoy: Promise<string>;

  /** @param cost bcrypt's: two to the power of it are the rounds of a hash */
  constructor(cost: number) {
    this.#cost = cost;
    this.#decoy = bcrypt.hash('nobody has this password', cost);
    void this.#decoy.then(haveThreadPoolGiveWay);
  }

  /** How many wait for their turn. */
  get queued(): number {
    return this.#waiting.length;
  }

  /** @throws ChatError `busy` when too many are waiting */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => bcrypt.hash(password, this.#cost));
  }

  /** Whether a password fits a hash; without a hash it takes just as long and does not fit. */
  check(password: string, passwordHash: string | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const fits = await bcrypt.compare(password, passwordHash ?? (await this.#decoy));
      // bcrypt reads no further than its limit: what comes after it would be let through
      return fits && passwordHash !== undefined && Buffer.byteLength(password) <= PASSWORD_BYTES;
    });
  }

  /** Whether a hash was made with another cost than is asked for now. */
  isOutdated(passwordHash: string): boolean {
    return bcrypt.getRounds(passwordHash) !== this.#cost;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= MOST_WAITING) throw new ChatError('busy', { retryAfter: BUSY_RETRY_SEC });
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // the turn is handed on without being given back in between, so that nobody can jump the line
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
