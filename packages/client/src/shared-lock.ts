/** Runs tasks concurrently or exclusively, in the order in which they were requested. */
export class SharedLock {
  readonly #waiting: { exclusive: boolean; start: () => void }[] = [];
  #running = 0;
  #isExclusive = false;

  /** @param exclusive whether no other task may run meanwhile */
  async run<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ exclusive, start });
      this.#startNext();
    });
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#isExclusive = false;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#isExclusive || (next.exclusive && this.#running > 0)) return;
      this.#waiting.shift();
      this.#running += 1;
      this.#isExclusive = next.exclusive;
      next.start();
    }
  }
}
