/**
 * The server's time, as far as it can be told from what it sends: clocks differ, so only spans are trusted. A moment that
 * it names was past when it was heard, so the largest difference heard so far is the nearest to the truth.
 */
export class ServerClock {
  #ahead = Number.NEGATIVE_INFINITY;

  /** @param time what was now at the server when it was sent */
  hear(time: number): void {
    this.#ahead = Math.max(this.#ahead, time - performance.now());
  }

  /** How many milliseconds are left until a moment of the server's. */
  until(time: number): number {
    return Number.isFinite(this.#ahead) ? time - (performance.now() + this.#ahead) : 0;
  }

  /** After a pause nothing is sure: a computer that slept may have stopped its clock. */
  forget(): void {
    this.#ahead = Number.NEGATIVE_INFINITY;
  }
}
