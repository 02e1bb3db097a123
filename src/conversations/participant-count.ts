import { sql } from 'kysely';
import { RowStatement } from '../database/statement.ts';
import type { Batch } from '../writer/batch.ts';

/**
 * How many participants a conversation `c` has. It is stored, because a list of 500 groups would count up to 2.5 million rows;
 * conversations that were inserted without it are counted.
 */
export const participantCount = sql<number>`coalesce(c.participant_count, (
  select count(*) from participants counted where counted.conversation_id = c.id))`;

const storeCount = new RowStatement(
  (row) => `
    update conversations
    set participant_count = (select count(*) from participants p where p.conversation_id = ${row.int(0)})
    ${row.from} where id = ${row.int(0)}`,
);

/** To be called when participants were inserted or deleted. It counts all of them again, so that no error stays. */
export async function storeParticipantCount(batch: Batch, conversationId: number): Promise<void> {
  await batch.run(storeCount, [[conversationId]]);
}
