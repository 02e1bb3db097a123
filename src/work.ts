import { ChatError } from './errors.ts';

const FINISH_WITHIN_MS = 5_000;
/** A client is answered within this time, even if the database stands still. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_SEC = 2;

type Asked = {
  readonly promise: Promise<unknown>;
  readonly dueAt: number;
  readonly reject: (error: ChatError) => void;
};

/** What is under way: stopping begins nothing new and waits for the rest. */
export class Work {
  draining = false;
  readonly #answerWithinMs: number;
  /** In the order in which they came, which is that in which they become late: one timer does for all. */
  readonly #unanswered = new Set<Asked>();
  /** What is still under way although its caller has been told that it took too long. */
  readonly #late = new Set<Asked>();
  #timer: NodeJS.Timeout | undefined;

  constructor(answerWithinMs = ANSWER_WITHIN_MS) {
    this.#answerWithinMs = answerWithinMs;
  }

  /** How much has not ended yet, whether its caller still waits for it or not. */
  get underWay(): number {
    return this.#unanswered.size + this.#late.size;
  }

  /**
   * Counts work until it ends, however long its caller waits for it.
   * @throws ChatError `database_unavailable` after 10 s: only the database can take so long. What was asked may still
   * happen; sends that are repeated with their client id happen once.
   */
  track<T>(promise: Promise<T>): Promise<T> {
    const { promise: answered, resolve, reject } = Promise.withResolvers<T>();
    const asked = { promise, dueAt: performance.now() + this.#answerWithinMs, reject };
    this.#unanswered.add(asked);
    this.#timer ??= this.#wait(this.#answerWithinMs);
    promise.then(
      (value) => {
        this.#ended(asked);
        resolve(value);
      },
      (error) => {
        this.#ended(asked);
        reject(error);
      },
    );
    return answered;
  }

  #ended(asked: Asked): void {
    if (!this.#unanswered.delete(asked)) this.#late.delete(asked);
  }

  /** Nothing is stopped when work ends in time: the timer goes off, and looks who is the next that could be late. */
  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#refuseLate(), ms).unref();
  }

  #refuseLate(): void {
    const now = performance.now();
    this.#timer = undefined;
    for (const asked of this.#unanswered) {
      if (asked.dueAt > now) {
        this.#timer = this.#wait(asked.dueAt - now);
        return;
      }
      this.#unanswered.delete(asked);
      this.#late.add(asked);
      asked.reject(new ChatError('database_unavailable', { retryAfter: RETRY_SEC }));
    }
  }

  /** Resolves when everything has ended, or after 5 s. */
  async finish(): Promise<void> {
    this.draining = true;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISH_WITHIN_MS);
    const underWay = [...this.#unanswered, ...this.#late].map((asked) => asked.promise);
    await Promise.race([Promise.allSettled(underWay), late]);
    clearTimeout(timer);
    // what has just ended is still being answered
    await new Promise((answered) => setImmediate(answered));
  }
}
