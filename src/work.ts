import { ChatError } from './errors.ts';

const FINISH_WITHIN_MS = 5_000;
/** A client is answered within this time, even if the database stands still. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_SEC = 2;

/** What is under way: stopping begins nothing new and waits for the rest. */
export class Work {
  draining = false;
  readonly #underWay = new Set<Promise<unknown>>();

  /**
   * Counts work until it ends, however long its caller waits for it.
   * @throws ChatError `database_unavailable` after 10 s: only the database can take so long. What was asked may still
   * happen; sends that are repeated with their client id happen once.
   */
  track<T>(promise: Promise<T>): Promise<T> {
    this.#underWay.add(promise);
    const { promise: answered, resolve, reject } = Promise.withResolvers<T>();
    const late = setTimeout(
      () => reject(new ChatError('database_unavailable', { retryAfter: RETRY_SEC })),
      ANSWER_WITHIN_MS,
    );
    const done = () => {
      clearTimeout(late);
      this.#underWay.delete(promise);
    };
    promise.finally(done).then(resolve, reject);
    return answered;
  }

  /** Resolves when everything has ended, or after 5 s. */
  async finish(): Promise<void> {
    this.draining = true;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISH_WITHIN_MS);
    await Promise.race([Promise.allSettled(this.#underWay), late]);
    clearTimeout(timer);
    // what has just ended is still being answered
    await new Promise((answered) => setImmediate(answered));
  }
}
