/**
 * Estimates the server's time from what it sends. Clocks differ, so only durations are trusted. A timestamp is in the
 * past when it arrives, so the largest difference observed is the closest estimate.
 */
export class ServerClock {
  #ahead = Number.NEGATIVE_INFINITY;

  /** @param time the server's time when it sent this */
  observe(time: number): void {
    this.#ahead = Math.max(this.#ahead, time - performance.now());
  }

  /** The milliseconds left until a time of the server's clock. */
  until(time: number): number {
    return Number.isFinite(this.#ahead) ? time - (performance.now() + this.#ahead) : 0;
  }

  /** After a pause the estimate is invalid: a suspended computer may have stopped its clock. */
  forget(): void {
    this.#ahead = Number.NEGATIVE_INFINITY;
  }
}
