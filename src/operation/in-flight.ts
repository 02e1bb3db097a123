import { ChatError } from './errors.ts';

const FINISH_WITHIN_MS = 5_000;
/** A call is answered within this time, even if the database does not respond. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_SEC = 2;

/** The requests that are being handled. Stopping waits for them. */
export class InFlightRequests {
  /** True once the server is stopping: no new request is started. */
  draining = false;
  readonly #answerWithinMs: number;
  readonly #onTimeout: () => void;
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
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#onTimeout();
        reject(new ChatError('database_unavailable', { retryAfter: RETRY_SEC }));
      }, this.#answerWithinMs).unref();
      const ended = () => {
        clearTimeout(timer);
        this.#ended();
      };
      request.then(
        (value) => {
          ended();
          resolve(value);
        },
        (error) => {
          ended();
          reject(error);
        },
      );
    });
  }

  #ended(): void {
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
