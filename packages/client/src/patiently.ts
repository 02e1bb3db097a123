import type { Backoff } from './backoff.ts';
import { ChatClientError } from './chat-client-error.ts';

/**
 * Does it again as long as the server's limits forbid it, each time after as long as the server asks for, so that what was
 * achieved before it need not be done again.
 * @param goesOn whether it still makes sense
 * @throws whatever else `work` throws; `rate_limited` only when it does not go on
 */
export async function patiently<T>(work: () => Promise<T>, backoff: Backoff, goesOn: () => boolean): Promise<T> {
  for (;;) {
    try {
      const result = await work();
      backoff.reset();
      return result;
    } catch (error) {
      if (!isLimited(error) || !goesOn()) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoff.next(error.retryAfter)));
      if (!goesOn()) throw error;
    }
  }
}

const isLimited = (error: unknown): error is ChatClientError =>
  error instanceof ChatClientError && error.code === 'rate_limited';
