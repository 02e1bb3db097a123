import { ChatError } from './errors.ts';

/** Somebody who is removed from one conversation after another all the time is asked to come back. */
const MOST_READINGS = 10;
const RETRY_SEC = 1;

/**
 * What was read for somebody before they were removed from a conversation must not be told to them after it. Reading takes
 * several turns of the event loop, in each of which a removal may be carried out; so it is repeated then.
 */
export class Removals {
  readonly #readings = new Map<number, Set<{ stale: boolean }>>();

  /** To be called when a removal is carried out on this node. */
  left(userId: number): void {
    for (const reading of this.#readings.get(userId) ?? []) reading.stale = true;
  }

  /**
   * Reads for a user, again if they were removed from a conversation meanwhile.
   * @param read changes nothing that could not be done twice
   * @throws ChatError `busy` when that never ends
   */
  readonly reading = async <T>(userId: number, read: () => Promise<T>): Promise<T> => {
    for (let count = 0; count < MOST_READINGS; count += 1) {
      const reading = { stale: false };
      this.#began(userId, reading);
      try {
        const result = await read();
        if (!reading.stale) return result;
      } finally {
        this.#ended(userId, reading);
      }
    }
    throw new ChatError('busy', { retryAfter: RETRY_SEC });
  };

  #began(userId: number, reading: { stale: boolean }): void {
    const others = this.#readings.get(userId) ?? new Set();
    this.#readings.set(userId, others.add(reading));
  }

  #ended(userId: number, reading: { stale: boolean }): void {
    const others = this.#readings.get(userId);
    others?.delete(reading);
    if (others?.size === 0) this.#readings.delete(userId);
  }
}
