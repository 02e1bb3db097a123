type Stopping = () => Promise<void>;

const running = new Set<Stopping>();

/** Remembers how to stop what was started, until it has been stopped. Gives what stops it. */
export function started(stop: Stopping): Stopping {
  const once = async () => {
    if (running.delete(once)) await stop();
  };
  running.add(once);
  return once;
}

/** Stops what a row that failed has left running, so that it takes nothing from the next one. */
export async function stopLeftovers(): Promise<void> {
  for (const stop of running) await stop();
}
