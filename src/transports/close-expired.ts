import type { SessionRenewal } from '../accounts/session-renewal.ts';
import { isUnavailable } from '../database/errors.ts';
import { disconnectUnauthenticated } from '../delivery/close-socket.ts';
import type { Delivery } from '../delivery/delivery.ts';

/** How many sessions one query is about; the rest is left to the next round. */
const MAX_SESSIONS = 5_000;

/**
 * Returns a function that closes every socket whose token has expired, unless its session was renewed meanwhile, on any
 * node: then the socket stays open until the session ends. While the database is unavailable, sockets stay open. Calls
 * while one is in progress do nothing.
 * @param clock milliseconds since 1970
 */
export function expiredCloser(delivery: Delivery, renewal: SessionRenewal, clock: () => number): () => Promise<void> {
  let isRunning = false;
  return async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await closeExpired(delivery, renewal, clock());
    } catch (error) {
      if (!isUnavailable(error)) throw error; // other queries report it
    } finally {
      isRunning = false;
    }
  };
}

async function closeExpired(delivery: Delivery, renewal: SessionRenewal, now: number): Promise<void> {
  const expired = Map.groupBy(delivery.expired(now), ({ data }) => data.sessionId);
  const sessionIds = [...expired.keys()].slice(0, MAX_SESSIONS);
  if (sessionIds.length === 0) return;
  const ends = await renewal.endsOfRenewed(sessionIds);
  for (const sessionId of sessionIds) {
    const end = ends.get(sessionId) ?? 0;
    for (const socket of expired.get(sessionId) ?? []) {
      if (end > now) socket.data.expiresAt = end;
      else disconnectUnauthenticated(socket);
    }
  }
}
