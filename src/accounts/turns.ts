import { ChatError } from '../errors.ts';

const MOST_WAITING = 50;
const BUSY_RETRY_SEC = 5;

type Line = { last: Promise<unknown>; length: number };

/** Work with the same key is done one after the other. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** @throws ChatError `busy` when too many wait for the same key */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), length: 0 };
    if (line.length >= MOST_WAITING) throw new ChatError('busy', { retryAfter: BUSY_RETRY_SEC });
    this.#lines.set(key, line);
    line.length += 1;
    const mine = line.last.then(work);
    // the next one starts however this one ends; how it ended is for its own caller
    line.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(key);
    }
  }
}
