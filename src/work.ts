const FINISH_WITHIN_MS = 5_000;

/** What is under way: stopping begins nothing new and waits for the rest. */
export class Work {
  draining = false;
  readonly #underWay = new Set<Promise<unknown>>();

  track<T>(promise: Promise<T>): Promise<T> {
    this.#underWay.add(promise);
    const done = () => this.#underWay.delete(promise);
    promise.then(done, done);
    return promise;
  }

  /** Resolves when everything has ended, or after 5 s. */
  async finish(): Promise<void> {
    this.draining = true;
    const late = new Promise((resolve) => setTimeout(resolve, FINISH_WITHIN_MS).unref());
    await Promise.race([Promise.allSettled(this.#underWay), late]);
  }
}
