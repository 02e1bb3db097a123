import type { Quota } from '../operation/caller.ts';
import { ChatError, type ErrorCode } from '../operation/errors.ts';
import type { Limits } from '../rate-limits/limits.ts';
import { KeyedQueue } from './keyed-queue.ts';

/** Runs the attempts on one account one at a time, so that none passes before another is counted. */
export const attempts = new KeyedQueue();
const FAILURES: ReadonlySet<ErrorCode> = new Set(['invalid_credentials', 'wrong_password'] as const);

/**
 * Counts a failed attempt in advance, so that concurrent attempts cannot exceed the limit, and takes the count back if
 * it succeeds. Successful logins are limited in the same way, so that a refusal does not reveal a correct password.
 */
export async function countAttempt<T>(
  limits: Limits,
  { origin, key }: { origin: string; key: string },
  work: (quota: Quota | undefined) => Promise<T>,
): Promise<T> {
  let failed = false;
  await limits.take('loginOrigin', origin);
  try {
    const result = await countLogin(limits, key, async () => work(await limits.take('loginAccount', key)));
    await limits.clear('loginAccount', key);
    return result;
  } catch (error) {
    const code = error instanceof ChatError ? error.code : undefined;
    failed = code !== undefined && FAILURES.has(code);
    if (!failed && code !== 'rate_limited') await limits.giveBack('loginAccount', key);
    throw error;
  } finally {
    if (!failed) await limits.giveBack('loginOrigin', origin);
  }
}

async function countLogin<T>(limits: Limits, key: string, work: () => Promise<T>): Promise<T> {
  await limits.take('logins', key);
  try {
    return await work();
  } catch (error) {
    await limits.giveBack('logins', key);
    throw error;
  }
}
