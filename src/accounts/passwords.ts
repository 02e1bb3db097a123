import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { ChatError } from '../errors.ts';
import { haveThreadPoolGiveWay } from './giving-way.ts';
import { normalizedPassword, PASSWORD_BYTES } from './password-rules.ts';

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
    return this.#inTurn(() => bcrypt.hash(normalizedPassword(password), this.#cost));
  }

  /**
   * Whether a password fits a hash; without a hash it takes just as long and does not fit. One that fits a hash of another
   * cost than is asked for now, or of a password that was not normalised, is `outdated`.
   */
  check(password: string, passwordHash: string | undefined): Promise<'wrong' | 'right' | 'outdated'> {
    return this.#inTurn(async () => {
      const hash = passwordHash ?? (await this.#decoy);
      const normalized = normalizedPassword(password);
      if (await fits(normalized, hash)) return this.#ofKnown(passwordHash, bcrypt.getRounds(hash) !== this.#cost);
      if (normalized !== password && (await fits(password, hash))) return this.#ofKnown(passwordHash, true);
      return 'wrong';
    });
  }

  #ofKnown(passwordHash: string | undefined, outdated: boolean): 'wrong' | 'right' | 'outdated' {
    if (passwordHash === undefined) return 'wrong';
    return outdated ? 'outdated' : 'right';
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

/** bcrypt reads no further than its limit: what comes after it would be let through. */
const fits = async (password: string, hash: string): Promise<boolean> =>
  (await bcrypt.compare(password, hash)) && Buffer.byteLength(password) <= PASSWORD_BYTES;
