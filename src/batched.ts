type Load<Key, Value> = (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
type Waiting<Value> = { resolve(value: Value | undefined): void; reject(error: unknown): void };

/** Keys a query, so that their parameters stay under what either database takes. */
const MOST_KEYS = 1_000;

/**
 * Turns many look-ups of one key each into few of many keys: what is asked while one turn of the event loop lasts is
 * asked together. When thousands reconnect at once, the database hears of it in a few queries.
 */
export function batched<Key, Value>(load: Load<Key, Value>): (key: Key) => Promise<Value | undefined> {
  let waiting = new Map<Key, Waiting<Value>[]>();

  async function loadAll(): Promise<void> {
    const asked = waiting;
    waiting = new Map();
    const keys = [...asked.keys()];
    for (let start = 0; start < keys.length; start += MOST_KEYS) {
      const some = keys.slice(start, start + MOST_KEYS);
      const answer = await load(some).then(
        (found) =>
          (key: Key, { resolve }: Waiting<Value>) =>
            resolve(found.get(key)),
        (error) =>
          (_: Key, { reject }: Waiting<Value>) =>
            reject(error),
      );
      for (const key of some) for (const each of asked.get(key) ?? []) answer(key, each);
    }
  }

  return (key) => {
    if (waiting.size === 0) setImmediate(() => void loadAll());
    const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
    waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }]);
    return promise;
  };
}
