import { ChatError } from './errors.ts';

const FINISH_WITHIN_MS = 5_000;
/** A call is answered within this time, even if the database does not respond. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_SEC = 2;
/** How often per time limit the requests are checked: each is answered in the last twentieth of its time limit. */
const CHECKS_PER_LIMIT = 20;

/** A request that has not been answered. */
class Pending {
  /** It is late at this check. */
  readonly lateAt: number;
  readonly reject: (error: ChatError) => void;
  next: Pending = this;
  previous: Pending = this;

  constructor(lateAt: number, reject: (error: ChatError) => void) {
    this.lateAt = lateAt;
    this.reject = reject;
  }

  insertBefore(other: Pending): void {
    this.next = other;
    this.previous = other.previous;
    other.previous.next = this;
    other.previous = this;
  }

  /** May be called again. */
  remove(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}

/** The requests that are being handled. Stopping waits for them. */
export class InFlightRequests {
  /** True once the server is stopping: no new request is started. */
  draining = false;
  readonly #answerWithinMs: number;
  readonly #onTimeout: () => void;
  /**
   * The start of a ring of all pending requests, in the order in which they began. One timer is enough for all of them,
   * because all have the same time limit. It is not a Set: a Set replaces its table from time to time, and until the next
   * major garbage collection the old table keeps the requests in it, with all that they refer to.
   */
  readonly #ring = new Pending(Number.POSITIVE_INFINITY, () => undefined);
  #checking: NodeJS.Timeout | undefined;
  /** How often it was checked: the clock of the time limit, which costs a request nothing. */
  #checks = 0;
  #count = 0;
  #allEnded: () => void = () => undefined;

  /** @param onTimeout called for each request that is answered with an error although it has not ended */
  constructor(answerWithinMs = ANSWER_WITHIN_MS, onTimeout: () => void = () => undefined) {
    this.#answerWithinMs = answerWithinMs;
    this.#onTimeout = onTimeout;
  }

  /** The number of requests that have not ended, including those that were answered because they timed out. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts a request until it ends.
   * @throws ChatError `database_unavailable` after 10 s: only the database can take so long. The change may still be
   * committed; a message that is sent again with its `client_message_id` is stored once.
   */
  track<T>(request: Promise<T>): Promise<T> {
    this.#count += 1;
    this.#checking ??= setInterval(() => this.#check(), Math.ceil(this.#answerWithinMs / CHECKS_PER_LIMIT)).unref();
    return new Promise((resolve, reject) => {
      const pending = new Pending(this.#checks + CHECKS_PER_LIMIT, reject);
      pending.insertBefore(this.#ring);
      request.then(
        (value) => {
          this.#ended(pending);
          resolve(value);
        },
        (error) => {
          this.#ended(pending);
          reject(error);
        },
      );
    });
  }

  #check(): void {
    this.#checks += 1;
    const ring = this.#ring;
    for (let pending = ring.next; pending.lateAt <= this.#checks; pending = ring.next) {
      pending.remove();
      this.#onTimeout();
      pending.reject(new ChatError('database_unavailable', { retryAfter: RETRY_SEC }));
    }
    if (ring.next !== ring) return;
    clearInterval(this.#checking);
    this.#checking = undefined;
  }

  #ended(pending: Pending): void {
    pending.remove();
    this.#count -= 1;
    if (this.#count === 0) this.#allEnded();
  }

  /** Resolves when all requests have ended, or after 5 s. */
  async finish(): Promise<void> {
    this.draining = true;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#allEnded = resolve;
    const timer = setTimeout(resolve, FINISH_WITHIN_MS);
    if (this.#count > 0) await ended;
    clearTimeout(timer);
    // answers of requests that have just ended are still being written
    await new Promise((written) => setImmediate(written));
  }
}
