type Stop = () => Promise<void>;

const pending = new Set<Stop>();

/** Registers a function that stops something. Returns the same function, which then runs at most once. */
export function registerCleanup(stop: Stop): Stop {
  const once = async () => {
    if (pending.delete(once)) await stop();
  };
  pending.add(once);
  return once;
}

/** Stops everything that is registered and still runs: a failed scenario must not slow down the next one. */
export async function cleanUp(): Promise<void> {
  for (const stop of pending) await stop();
}
