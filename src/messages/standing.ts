import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import { fixedStatement } from '../fixed-statement.ts';
import { hasIslands, type Lowest, lowestOfOthers, type Receipts, readBy, receiptsOfOthers } from './receipts.ts';

/** Where a conversation stands for a participant: what they have confirmed and read, and what all the others have. */
export type Standing = Receipts & { deliveredSeq: number };
type Row = Lowest & { readSeq: number; rangeCount: number; deliveredSeq: number };

const findStanding = fixedStatement<{ conversationId: number; userId: number }, Row>(
  (value) => sql`
    select p.conversation_id as "conversationId", p.read_seq as "readSeq", p.range_count as "rangeCount",
      p.delivered_seq as "deliveredSeq", ${lowestOfOthers(sql`p.conversation_id`, sql`p.user_id`)}
    from participants p where p.conversation_id = ${value('conversationId')} and p.user_id = ${value('userId')}`,
);

/**
 * One statement, and more only where somebody has read out of order: the islands are then looked up together with the
 * watermarks. @returns undefined for one who is not in the conversation
 */
export async function standingOf(db: Sql, userId: number, conversationId: number): Promise<Standing | undefined> {
  const [row] = await findStanding(db, { conversationId, userId });
  if (row === undefined) return undefined;
  const { readSeq, rangeCount, deliveredSeq, delivered, read } = row;
  const watermark = new Map([[conversationId, readSeq]]);
  const mine =
    rangeCount === 0 ? [{ from: 0, to: readSeq }] : ((await readBy(db, userId, watermark)).get(conversationId) ?? []);
  if (delivered === null || read === null) return { deliveredSeq, mine, others: undefined };
  const others = hasIslands(row)
    ? (await receiptsOfOthers(db, userId, [conversationId])).get(conversationId)
    : { deliveredSeq: delivered, read: [{ from: 0, to: read }] };
  return { deliveredSeq, mine, others };
}
