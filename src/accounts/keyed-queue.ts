import { ChatError } from '../operation/errors.ts';

const MAX_WAITING = 50;
const BUSY_RETRY_SEC = 5;

type Queue = { last: Promise<unknown>; length: number };

/** Runs tasks with the same key one after the other. */
export class KeyedQueue {
  readonly #queues = new Map<string, Queue>();

  /** @throws ChatError `busy` if too many tasks wait for the same key */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? { last: Promise.resolve(), length: 0 };
    if (queue.length >= MAX_WAITING) throw new ChatError('busy', { retryAfter: BUSY_RETRY_SEC });
    this.#queues.set(key, queue);
    queue.length += 1;
    const result = queue.last.then(task);
    // the next task starts also after a failure, which the caller of this one handles
    queue.last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      queue.length -= 1;
      if (queue.length === 0) this.#queues.delete(key);
    }
  }
}
