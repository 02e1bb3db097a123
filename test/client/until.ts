import { inspect } from 'node:util';
import type { Readable } from '../../packages/client/src/client.ts';

/** Waits until what a readable gives is as wanted, and gives it. */
export async function until<T>(readable: Readable<T>, wanted: (value: T) => boolean, withinMs = 5_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let value = readable.get(); ; value = readable.get()) {
    if (wanted(value)) return value;
    const left = deadline - Date.now();
    if (left <= 0)
      throw new Error(`never came: ${wanted}; there is ${inspect(value, { depth: 6, maxArrayLength: 6 })}`);
    await changed(readable, left);
  }
}

function changed(readable: Readable<unknown>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const stop = readable.subscribe(done);
    const timer = setTimeout(done, withinMs);
  });
}
