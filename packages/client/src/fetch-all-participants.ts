import { Backoff } from './backoff.ts';
import type { Participant } from './protocol.ts';
import type { Ask } from './public-types.ts';
import { retryRateLimited } from './retry-rate-limited.ts';

const PAGE = 500;
/** A group has at most 5,000 members; some may join or leave between two pages. */
const MAX_PAGES = 12;
/** How often a rate-limited page is requested again. */
const MAX_WAITS = 10;

/**
 * Fetches all participants of a conversation, without duplicates, longest membership first.
 * @throws ChatClientError: `not_participant`, …
 */
export async function fetchAllParticipants(
  ask: Ask,
  conversationId: number,
  random: () => number,
): Promise<Participant[]> {
  const found = new Map<number, Participant>();
  const backoff = new Backoff(random);
  let cursor: string | undefined;
  let waits = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const input = { conversation_id: conversationId, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const answer = await retryRateLimited(
      () => ask('list_participants', input),
      backoff,
      () => waits++ < MAX_WAITS,
    );
    for (const participant of answer.participants) found.set(participant.id, participant);
    cursor = answer.next_cursor;
    if (cursor === undefined) break;
  }
  return [...found.values()];
}
