import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import { fixedStatement } from '../fixed-statement.ts';
import { type Interval, union } from './intervals.ts';
import type { Standing } from './standing.ts';

/** Numbers that will never be read by all others, or delivered to all. */
type Missed = { unread: Interval[]; undelivered: Interval[] };
type Block = { level: number; place: number; unreadBy: number; undeliveredBy: number | null };
type Asked = { conversationId: number; from: number; to: number };

/** Of each level those that reach into the span, found by the primary key. */
const findBlocks = fixedStatement<Asked, Block>(
  (value) => sql`
    with recursive levels (level, low, high) as (
      select 0, cast(${value('from')} as bigint), cast(${value('to')} as bigint)
      union all select level + 1, low / 2, high / 2 from levels where high > 1
    )
    select b.level, b.place, b.unread_by as "unreadBy", b.undelivered_by as "undeliveredBy"
    from levels l join missed_blocks b
      on b.conversation_id = ${value('conversationId')} and b.level = l.level and b.place between l.low and l.high`,
);

/** What others than the participant have missed within a span because they have left, or were not there. */
export async function missedWithin(
  db: Sql,
  { conversationId, userId }: Standing,
  { from, to }: Interval,
): Promise<Missed> {
  const blocks = await findBlocks(db, { conversationId, from, to });
  const unread = blocks.filter(({ unreadBy }) => unreadBy !== userId);
  const undelivered = blocks.filter(({ undeliveredBy }) => undeliveredBy !== null && undeliveredBy !== userId);
  return { unread: numbersOf(unread), undelivered: numbersOf(undelivered) };
}

const numbersOf = (blocks: readonly Block[]) =>
  union(blocks.map(({ level, place }) => ({ from: place * 2 ** level, to: (place + 1) * 2 ** level - 1 })));
