const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before the next try: twice as long each time, with so much chance in it that clients do not come all at once. */
export class Backoff {
  readonly #random: () => number;
  #tries = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param retryAfterSec what the server asked for, which is the least */
  next(retryAfterSec = 0): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return retryAfterSec * 1_000 + longest * (0.2 + 0.8 * this.#random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
