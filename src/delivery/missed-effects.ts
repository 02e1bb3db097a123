import type { Sessions } from '../accounts/sessions.ts';
import type { Broker } from '../broker/broker.ts';
import type { Delivery } from './delivery.ts';

/** After an outage every node reports that it lost something; clients are prompted once. */
const PROMPT_AFTER_MS = 500;

/**
 * When effects of other nodes may have been missed, closes the sockets of sessions that were ended meanwhile, and asks the
 * clients to sync.
 * @param now milliseconds since 1970
 */
export function recoverMissedEffects(
  broker: Broker,
  delivery: Delivery,
  sessions: Sessions,
  now: () => number,
  report: (error: unknown, doing: string) => void,
): void {
  const promptSync = debounced(() => delivery.promptSync(now()), PROMPT_AFTER_MS);
  broker.subscribe({
    missed() {
      closeEndedSessions(delivery, sessions).catch((error) => report(error, 'looking for ended sessions'));
      promptSync();
    },
  });
}

/** Closes the sockets of sessions that were ended without this node's knowledge. */
export async function closeEndedSessions(delivery: Delivery, sessions: Sessions): Promise<void> {
  delivery.disconnectSessions(new Set(await sessions.endedOf(delivery.sessions())));
}

/** Runs once for all calls within a time, at its end. */
function debounced(run: () => void, ms: number): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      run();
    }, ms).unref();
  };
}
