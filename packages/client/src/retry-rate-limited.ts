import type { Backoff } from './backoff.ts';
import { ChatClientError } from './chat-client-error.ts';

/**
 * Repeats `work` as long as it is rate limited, after the delay that the server asks for, so that earlier progress is
 * kept.
 * @param goesOn whether to continue
 * @throws any other error of `work`; `rate_limited` only if it does not continue
 */
export async function retryRateLimited<T>(work: () => Promise<T>, backoff: Backoff, goesOn: () => boolean): Promise<T> {
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
