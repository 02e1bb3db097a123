import { inspect } from 'node:util';
import type { Store } from '../../packages/client/src/client.ts';

/** Waits until a store's value satisfies a condition, and returns it. */
export async function until<T>(store: Store<T>, condition: (value: T) => boolean, withinMs = 5_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let value = store.get(); ; value = store.get()) {
    if (condition(value)) return value;
    const left = deadline - Date.now();
    if (left <= 0)
      throw new Error(`never true: ${condition}; the value is ${inspect(value, { depth: 6, maxArrayLength: 6 })}`);
    await changed(store, left);
  }
}

function changed(store: Store<unknown>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const stop = store.subscribe(done);
    const timer = setTimeout(done, withinMs);
  });
}
