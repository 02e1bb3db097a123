import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { Statement } from '../database/statement.ts';
import type { ReadPositions } from './read-positions.ts';
import { type SeqRange, union } from './seq-ranges.ts';

/** Numbers that all others will never have read, or never have confirmed. */
type Missed = { unread: SeqRange[]; undelivered: SeqRange[] };
type Block = { level: number; place: number; unreadBy: number; undeliveredBy: number | null };
type RangeQuery = { conversationId: number; from: number; to: number };

/** The blocks of each level that overlap a range, found by the primary key. */
const findBlocks = new Statement<RangeQuery, Block>(
  (value) => sql`
    with recursive levels (level, low, high) as (
      select 0, cast(${value('from')} as bigint), cast(${value('to')} as bigint)
      union all select level + 1, low / 2, high / 2 from levels where high > 1
    )
    select b.level, b.place, b.unread_by as "unreadBy", b.undelivered_by as "undeliveredBy"
    from levels l join missed_blocks b
      on b.conversation_id = ${value('conversationId')} and b.level = l.level and b.place between l.low and l.high`,
);

/**
 * The numbers of a range that other users than the participant will never read or confirm, because they have left or were
 * not in the conversation.
 */
export async function findMissedSeqs(
  db: Queries,
  { conversationId, userId }: ReadPositions,
  { from, to }: SeqRange,
): Promise<Missed> {
  const blocks = await db.all(findBlocks, { conversationId, from, to });
  const unread = blocks.filter(({ unreadBy }) => unreadBy !== userId);
  const undelivered = blocks.filter(({ undeliveredBy }) => undeliveredBy !== null && undeliveredBy !== userId);
  return { unread: seqsOf(unread), undelivered: seqsOf(undelivered) };
}

const seqsOf = (blocks: readonly Block[]) =>
  union(blocks.map(({ level, place }) => ({ from: place * 2 ** level, to: (place + 1) * 2 ** level - 1 })));
