import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { Statement } from '../database/statement.ts';

/** How far a participant has read and confirmed, and the lowest positions of the others, each the first entry of an index. */
export type ReadPositions = {
  conversationId: number;
  userId: number;
  readSeq: number;
  rangeCount: number;
  deliveredSeq: number;
  /** The `seq` of the newest removal from the conversation. */
  removalSeq: number;
  /** Rows of `missed_blocks` can exist only up to this number. */
  missedSeq: number;
  /** Null if there are no other participants. */
  othersDelivered: number | null;
  /** The number of read ranges of the participant with the lowest `othersDelivered`. If it is 0, no ranges need comparing. */
  othersDeliveredRanges: number | null;
  othersRead: number | null;
  /** The same for `othersRead`. */
  othersReadRanges: number | null;
};

const OTHERS = 'from participants o where o.conversation_id = p.conversation_id and o.user_id <> p.user_id order by';
const selectPositions = sql.raw(`
  select p.conversation_id as "conversationId", p.user_id as "userId", p.read_seq as "readSeq",
    p.range_count as "rangeCount", p.delivered_seq as "deliveredSeq",
    c.removal_seq as "removalSeq", c.missed_seq as "missedSeq",
    (select o.delivered_seq ${OTHERS} o.delivered_seq limit 1) as "othersDelivered",
    (select o.range_count ${OTHERS} o.delivered_seq limit 1) as "othersDeliveredRanges",
    (select o.read_seq ${OTHERS} o.read_seq limit 1) as "othersRead",
    (select o.range_count ${OTHERS} o.read_seq limit 1) as "othersReadRanges"
  from participants p join conversations c on c.id = p.conversation_id`);

const selectOwn = new Statement<{ conversationId: number; userId: number }, ReadPositions>(
  (value) => sql`
    ${selectPositions} where p.conversation_id = ${value('conversationId')} and p.user_id = ${value('userId')}`,
);

/** @returns undefined if the user is not in the conversation */
export async function findReadPositions(
  db: Queries,
  userId: number,
  conversationId: number,
): Promise<ReadPositions | undefined> {
  return (await db.all(selectOwn, { conversationId, userId }))[0];
}

/** The same for several conversations in one statement, by conversation id, without those that the user is not in. */
export async function findReadPositionsById(
  db: Queries,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, ReadPositions>> {
  if (conversationIds.length === 0) return new Map();
  const { rows } = await sql<ReadPositions>`
    ${selectPositions} where p.user_id = ${userId} and p.conversation_id in (${sql.join(conversationIds)})`.execute(
    db.sql,
  );
  return new Map(rows.map((row) => [row.conversationId, row]));
}
