/** What has to end in time, as a place in the line of all that has. */
export class Deadline {
  readonly at: number;
  readonly missed: () => void;
  before: Deadline = this;
  after: Deadline = this;

  constructor(at: number, missed: () => void) {
    this.at = at;
    this.missed = missed;
  }

  /** Takes it out of the line. Whatever is out stands alone, so that taking it out again changes nothing. */
  end(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this;
    this.after = this;
  }
}

/**
 * Deadlines that all have the same time, so whatever begins first is the first that may miss it: a line and one timer do
 * for all. A timer for each would cost more than most operations take in this process; so would a set, to be found in again.
 */
export class Deadlines {
  readonly #ms: number;
  /** Both ends of the line, which is a ring. */
  readonly #ends = new Deadline(Number.POSITIVE_INFINITY, () => undefined);
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** @param missed called once, unless it ends before */
  begin(missed: () => void): Deadline {
    const deadline = new Deadline(performance.now() + this.#ms, missed);
    const last = this.#ends.before;
    deadline.before = last;
    deadline.after = this.#ends;
    last.after = deadline;
    this.#ends.before = deadline;
    this.#timer ??= this.#wait(this.#ms);
    return deadline;
  }

  /** Nothing is stopped when all end in time: the timer goes off, and looks who is the next that could be late. */
  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    let first = this.#ends.after;
    for (; first.at <= now; first = this.#ends.after) {
      first.end();
      first.missed();
    }
    if (first !== this.#ends) this.#timer ??= this.#wait(first.at - now);
  }
}
