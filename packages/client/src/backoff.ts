const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * The delay before the next attempt: doubled each time, with jitter so that clients do not reconnect simultaneously.
 */
export class Backoff {
  readonly #random: () => number;
  #tries = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param retryAfterSec the minimum that the server asked for */
  next(retryAfterSec = 0): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return retryAfterSec * 1_000 + longest * (0.2 + 0.8 * this.#random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
