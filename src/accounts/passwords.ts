import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { ChatError } from '../operation/errors.ts';
import { normalizedPassword, PASSWORD_BYTES } from './password-rules.ts';
import { lowerThreadPoolPriority } from './thread-priority.ts';

/**
 * bcrypt runs in libuv's thread pool of four, which file system and DNS calls share: two hashes at a time leave room
 * for them. If there are several cores, one is left to the main thread.
 */
const MAX_CONCURRENT = Math.min(2, Math.max(1, availableParallelism() - 1));
const MAX_WAITING = 200;
const BUSY_RETRY_SEC = 5;

/** Hashes and checks passwords, one or two at a time; further calls wait in a bounded queue. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #cost: number;
  /** Compared for unknown usernames, so that they take as long as known ones. */
  readonly #dummyHash: Promise<string>;

  /** @param cost of bcrypt, which runs 2^cost rounds */
  constructor(cost: number) {
    this.#cost = cost;
    this.#dummyHash = bcrypt.hash('nobody has this password', cost);
    void this.#dummyHash.then(lowerThreadPoolPriority);
  }

  /** The number of waiting calls. */
  get queued(): number {
    return this.#waiting.length;
  }

  /** @throws ChatError `busy` if too many calls are waiting */
  hash(password: string): Promise<string> {
    return this.#limited(() => bcrypt.hash(normalizedPassword(password), this.#cost));
  }

  /**
   * Compares a password with a hash; without a hash it takes just as long, and is `wrong`. `outdated` means right, but
   * the hash has another cost than the configured one or was made without normalising.
   */
  check(password: string, passwordHash: string | undefined): Promise<'wrong' | 'right' | 'outdated'> {
    return this.#limited(async () => {
      const hash = passwordHash ?? (await this.#dummyHash);
      const normalized = normalizedPassword(password);
      if (await matches(normalized, hash)) return this.#matched(passwordHash, bcrypt.getRounds(hash) !== this.#cost);
      if (normalized !== password && (await matches(password, hash))) return this.#matched(passwordHash, true);
      return 'wrong';
    });
  }

  #matched(passwordHash: string | undefined, outdated: boolean): 'wrong' | 'right' | 'outdated' {
    if (passwordHash === undefined) return 'wrong';
    return outdated ? 'outdated' : 'right';
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING) throw new ChatError('busy', { retryAfter: BUSY_RETRY_SEC });
    if (this.#running >= MAX_CONCURRENT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // passes the slot on instead of releasing it, so that no later call can take it first
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** Checks the length too: bcrypt ignores bytes past its limit. */
const matches = async (password: string, hash: string): Promise<boolean> =>
  (await bcrypt.compare(password, hash)) && Buffer.byteLength(password) <= PASSWORD_BYTES;
