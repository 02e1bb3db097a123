type Load<Key, Value> = (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
type Caller<Value> = { resolve(value: Value | undefined): void; reject(error: unknown): void };

/** Per query: below the number of parameters that either database accepts. */
const MAX_KEYS = 1_000;

/**
 * Collects the look-ups of one iteration of the event loop, and loads their keys in few queries: thousands of clients may
 * reconnect at once.
 */
export function batched<Key, Value>(load: Load<Key, Value>): (key: Key) => Promise<Value | undefined> {
  let waiting = new Map<Key, Caller<Value>[]>();

  async function loadAll(): Promise<void> {
    const loaded = waiting;
    waiting = new Map();
    const keys = [...loaded.keys()];
    for (let start = 0; start < keys.length; start += MAX_KEYS) {
      const batch = keys.slice(start, start + MAX_KEYS);
      const settle = await load(batch).then(
        (found) =>
          (key: Key, { resolve }: Caller<Value>) =>
            resolve(found.get(key)),
        (error) =>
          (_: Key, { reject }: Caller<Value>) =>
            reject(error),
      );
      for (const key of batch) for (const caller of loaded.get(key) ?? []) settle(key, caller);
    }
  }

  return (key) => {
    if (waiting.size === 0) setImmediate(() => void loadAll());
    const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
    waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }]);
    return promise;
  };
}
