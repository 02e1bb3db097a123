import { sql } from 'kysely';
import { RowStatement } from '../database/statement.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';

/** The user of a block that several users have missed, or none. */
const SEVERAL_OR_NONE = 0;

type Conversation = Pick<LockedConversation, 'lastSeq' | 'removalSeq'>;
type Span = { from: number; to: number };
/** Numbers that a user has not read, and whether they were delivered. */
type Missed = Span & { userId: number; delivered: boolean };

/**
 * Stores what a leaving participant has not read or confirmed. The others' messages among it can never become `read` or
 * `delivered`; their other messages no longer depend on that participant.
 */
export async function storeMissedSeqs(
  batch: Batch,
  conversationId: number,
  userId: number,
  leftSeq: number,
): Promise<void> {
  const rows = await batch.sql
    .selectFrom('participants')
    .select(['read_seq as readSeq', 'delivered_seq as deliveredSeq'])
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .execute();
  const ranges = await batch.sql
    .selectFrom('read_ranges')
    .select(['from_seq as from', 'to_seq as to'])
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .orderBy('from_seq')
    .execute();
  const missed = rows.flatMap(({ readSeq, deliveredSeq }) =>
    unreadOf(readSeq, ranges, leftSeq - 1).flatMap((span) => splitAt(deliveredSeq, { ...span, userId })),
  );
  await store(batch, conversationId, missed);
}

/** To be called before somebody joins a group with a single member: nobody else can have read what that member sent alone. */
export async function storeSoloSeqs(
  batch: Batch,
  conversationId: number,
  { lastSeq, removalSeq }: Conversation,
): Promise<void> {
  const members = await batch.sql
    .selectFrom('participants')
    .select('user_id')
    .where('conversation_id', '=', conversationId)
    .orderBy('user_id')
    .limit(sql.lit(2))
    .execute();
  if (members.length !== 1) return;
  await store(batch, conversationId, [
    { from: removalSeq + 1, to: lastSeq, userId: SEVERAL_OR_NONE, delivered: false },
  ]);
}

/** The numbers beyond the watermark that are in none of the ranges, up to `last`. */
function unreadOf(readSeq: number, ranges: readonly Span[], last: number): Span[] {
  const ends = [readSeq, ...ranges.map(({ to }) => to)];
  const begins = [...ranges.map(({ from }) => from), last + 1];
  return ends.map((to, index) => ({ from: to + 1, to: (begins[index] as number) - 1 })); // one per end
}

const splitAt = (deliveredSeq: number, { from, to, userId }: Span & { userId: number }): Missed[] => [
  { from, to: Math.min(to, deliveredSeq), userId, delivered: true },
  { from: Math.max(from, deliveredSeq + 1), to, userId, delivered: false },
];

/** The smallest set of blocks that make up a span: at most two of each size. */
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

const storeBlock = new RowStatement(
  (row) => `
    insert into missed_blocks (conversation_id, level, place, unread_by, undelivered_by)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)}, ${row.int(4)} ${row.from} where true
    on conflict (conversation_id, level, place) do update set
      unread_by = case when missed_blocks.unread_by = excluded.unread_by then excluded.unread_by else ${SEVERAL_OR_NONE} end,
      undelivered_by = case
        when excluded.undelivered_by is null then missed_blocks.undelivered_by
        when coalesce(missed_blocks.undelivered_by, excluded.undelivered_by) = excluded.undelivered_by
        then excluded.undelivered_by else ${SEVERAL_OR_NONE} end`,
);

async function store(batch: Batch, conversationId: number, missed: readonly Missed[]): Promise<void> {
  const rows = missed.flatMap(({ userId, delivered, ...span }) =>
    blocksOf(span).map(({ level, place }) => [conversationId, level, place, userId, delivered ? null : userId]),
  );
  if (rows.length === 0) return;
  await batch.run(storeBlock, rows);
  const last = Math.max(...missed.map(({ to }) => to));
  await batch.sql
    .updateTable('conversations')
    .set({ missed_seq: last })
    .where('id', '=', conversationId)
    .where('missed_seq', '<', last)
    .execute();
}
