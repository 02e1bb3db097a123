import { Deadlines } from './deadlines.ts';
import { ChatError } from './errors.ts';

const FINISH_WITHIN_MS = 5_000;
/** A client is answered within this time, even if the database stands still. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_SEC = 2;

/** What is under way: stopping begins nothing new and waits for the rest. */
export class Work {
  draining = false;
  readonly #deadlines: Deadlines;
  #underWay = 0;
  #allEnded: () => void = () => undefined;

  constructor(answerWithinMs = ANSWER_WITHIN_MS) {
    this.#deadlines = new Deadlines(answerWithinMs);
  }

  /** How much has not ended yet, whether its caller still waits for it or not. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Counts work until it ends, however long its caller waits for it.
   * @throws ChatError `database_unavailable` after 10 s: only the database can take so long. What was asked may still
   * happen; sends that are repeated with their client id happen once.
   */
  track<T>(promise: Promise<T>): Promise<T> {
    this.#underWay += 1;
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.begin(() =>
        reject(new ChatError('database_unavailable', { retryAfter: RETRY_SEC })),
      );
      const ended = () => {
        deadline.end();
        this.#ended();
      };
      promise.then(
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
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#allEnded();
  }

  /** Resolves when everything has ended, or after 5 s. */
  async finish(): Promise<void> {
    this.draining = true;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#allEnded = resolve;
    const timer = setTimeout(resolve, FINISH_WITHIN_MS);
    if (this.#underWay > 0) await ended;
    clearTimeout(timer);
    // what has just ended is still being answered
    await new Promise((answered) => setImmediate(answered));
  }
}
