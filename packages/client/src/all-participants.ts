import { Backoff } from './backoff.ts';
import type { Ask } from './face.ts';
import { patiently } from './patiently.ts';
import type { Participant } from './protocol.ts';

const PAGE = 500;
/** A group has at most 5,000 members; some may come and go between two pages. */
const MAX_PAGES = 12;
/** How often a page is asked for again where the server's limits forbid it. */
const MAX_WAITS = 10;

/** All participants of a conversation, each once, longest-standing first. @throws ChatClientError: `not_participant`, … */
export async function allParticipants(ask: Ask, conversationId: number, random: () => number): Promise<Participant[]> {
  const found = new Map<number, Participant>();
  const backoff = new Backoff(random);
  let cursor: string | undefined;
  let waits = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const input = { conversation_id: conversationId, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const answer = await patiently(
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
