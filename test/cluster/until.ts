import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;

/**
 * Waits until a condition is met that no event reports. Returns how long it took, in milliseconds.
 * @throws Error when it takes longer than allowed
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<number> {
  const start = Date.now();
  while (!(await isSo())) {
    if (Date.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
  return Date.now() - start;
}
