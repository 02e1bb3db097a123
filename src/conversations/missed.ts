import { sql } from 'kysely';
import { EachRow } from '../each-row.ts';
import type { Batch, LockedConversation } from './batch.ts';

/** Stands for several users, or for nobody at all, who has not read or confirmed something. */
const SEVERAL = 0;

type Conversation = Pick<LockedConversation, 'lastSeq' | 'removalSeq'>;
type Span = { from: number; to: number };
/** Numbers that a user has not read. */
type Missed = Span & { userId: number; delivered: boolean };
type Membership = { readSeq: number; deliveredSeq: number };

/**
 * Keeps what a participant who is about to leave has not read or confirmed: they never will, so the messages of the others
 * stay as they are. What they had read does not hold those up.
 */
export async function keepMissed(batch: Batch, conversationId: number, userId: number, leftSeq: number): Promise<void> {
  const { rows } = await sql<Membership>`
    select read_seq as "readSeq", delivered_seq as "deliveredSeq" from participants
    where conversation_id = ${conversationId} and user_id = ${userId}`.execute(batch.sql);
  const { rows: ranges } = await sql<Span>`
    select from_seq as "from", to_seq as "to" from read_ranges
    where conversation_id = ${conversationId} and user_id = ${userId} order by from_seq`.execute(batch.sql);
  const missed = rows.flatMap(({ readSeq, deliveredSeq }) =>
    unreadOf(readSeq, ranges, leftSeq - 1).flatMap((span) => splitAt(deliveredSeq, { ...span, userId })),
  );
  await store(batch, conversationId, missed);
}

/** Keeps that somebody was alone in a group, to which somebody comes now: nobody else can have read what was said there. */
export async function keepSolitude(
  batch: Batch,
  conversationId: number,
  { lastSeq, removalSeq }: Conversation,
): Promise<void> {
  const { rows } = await sql`
    select 1 from participants where conversation_id = ${conversationId} order by user_id limit 2`.execute(batch.sql);
  if (rows.length !== 1) return;
  await store(batch, conversationId, [{ from: removalSeq + 1, to: lastSeq, userId: SEVERAL, delivered: false }]);
}

/** What lies beyond a watermark and between the ranges, up to a number. */
function unreadOf(readSeq: number, ranges: readonly Span[], last: number): Span[] {
  const ends = [readSeq, ...ranges.map(({ to }) => to)];
  const begins = [...ranges.map(({ from }) => from), last + 1];
  return ends.map((to, index) => ({ from: to + 1, to: (begins[index] as number) - 1 })); // there are as many
}

const splitAt = (deliveredSeq: number, { from, to, userId }: Span & { userId: number }): Missed[] => [
  { from, to: Math.min(to, deliveredSeq), userId, delivered: true },
  { from: Math.max(from, deliveredSeq + 1), to, userId, delivered: false },
];

/** The fewest blocks that make up a span: two of each size at most. */
function blocksOf({ from, to }: Span): { level: number; place: number }[] {
  const blocks = [];
  for (let next = from; next <= to; ) {
    let [level, size] = [0, 1];
    while (next % (size * 2) === 0 && next + size * 2 - 1 <= to) [level, size] = [level + 1, size * 2];
    blocks.push({ level, place: next / size });
    next += size;
  }
  return blocks;
}

const storeBlock = new EachRow(
  (row) => `
    insert into missed_blocks (conversation_id, level, place, unread_by, undelivered_by)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)}, ${row.int(4)} ${row.from} where true
    on conflict (conversation_id, level, place) do update set
      unread_by = case when missed_blocks.unread_by = excluded.unread_by then excluded.unread_by else ${SEVERAL} end,
      undelivered_by = case
        when excluded.undelivered_by is null then missed_blocks.undelivered_by
        when coalesce(missed_blocks.undelivered_by, excluded.undelivered_by) = excluded.undelivered_by
        then excluded.undelivered_by else ${SEVERAL} end`,
);

async function store(batch: Batch, conversationId: number, missed: readonly Missed[]): Promise<void> {
  const rows = missed.flatMap(({ userId, delivered, ...span }) =>
    blocksOf(span).map(({ level, place }) => [conversationId, level, place, userId, delivered ? null : userId]),
  );
  if (rows.length === 0) return;
  await batch.run(storeBlock, rows);
  const last = Math.max(...missed.map(({ to }) => to));
  await sql`
    update conversations set missed_seq = ${last} where id = ${conversationId} and missed_seq < ${last}`.execute(
    batch.sql,
  );
}
