import { type RawBuilder, sql } from 'kysely';
import type { Sql } from '../database.ts';
import type { MessageRow } from '../protocol.ts';
import { covers, type Interval, intersection, union } from './intervals.ts';

/** What the others of a conversation, all of them, have confirmed and read. */
export type OthersReceipts = { deliveredSeq: number; read: readonly Interval[] };
export type Receipts = { mine: readonly Interval[]; others: OthersReceipts | undefined };

/** The lowest watermarks among some: of all, and of those who have read nothing out of order; null where there are none. */
export type Lowest = {
  conversationId: number;
  delivered: number | null;
  read: number | null;
  withoutIslands: number | null;
};
/** A member's watermark and one of the islands beyond it: null where there is none. */
type Row = { conversationId: number; userId: number | null; readSeq: number; from: number | null; to: number | null };

/**
 * A message's state for a user. One's own: `sent`, `delivered` when every other member's side has confirmed it, `read`
 * when every other member has read it. Somebody else's: one's own state.
 */
export function statusOf(
  message: { senderId: number; seq: number },
  userId: number,
  { mine, others }: Receipts,
): MessageRow['status'] {
  if (message.senderId !== userId) return covers(mine, message.seq) ? 'read' : 'delivered';
  if (others === undefined) return 'sent';
  if (covers(others.read, message.seq)) return 'read';
  return message.seq <= others.deliveredSeq ? 'delivered' : 'sent';
}

/**
 * What `userId` has read in each conversation, given the watermarks for those that the user has left meanwhile. Watermark
 * and islands come in one statement: between two, one could swallow the other, and it would be in neither.
 */
export async function readBy(
  db: Sql,
  userId: number,
  read: ReadonlyMap<number, number>,
): Promise<Map<number, Interval[]>> {
  const { rows } = await sql<Row>`
    select p.conversation_id as "conversationId", p.user_id as "userId", p.read_seq as "readSeq", r.from_seq as "from", r.to_seq as "to"
    from participants p left join read_ranges r on r.conversation_id = p.conversation_id and r.user_id = p.user_id
    where p.user_id = ${userId} and p.conversation_id in (${sql.join([...read.keys()])})`.execute(db);
  const found = Map.groupBy(rows, ({ conversationId }) => conversationId);
  return new Map([...read].map(([id, to]) => [id, coverage(found.get(id) ?? [], to)]));
}

/** What all others than `userId` have confirmed and read in each conversation; none where there is nobody else. */
export async function receiptsOfOthers(
  db: Sql,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, OthersReceipts>> {
  const lowest = await findLowest(db, userId, conversationIds);
  const split = lowest.filter(hasIslands);
  const common = await findCommon(
    db,
    userId,
    split.map(({ conversationId }) => conversationId),
  );
  return new Map(
    lowest.flatMap(({ conversationId, delivered, read }) => {
      if (delivered === null || read === null) return [];
      const all = common.get(conversationId) ?? [{ from: 0, to: read }];
      return [[conversationId, { deliveredSeq: delivered, read: all }]];
    }),
  );
}

/** Islands matter only where everybody who is behind has some. */
export const hasIslands = ({ read, withoutIslands }: Lowest) =>
  read !== null && (withoutIslands === null || read < withoutIslands);

/** Each of these is the first entry of an index, however many members there are. */
export function lowestOfOthers(conversationId: RawBuilder<unknown>, userId: RawBuilder<unknown>): RawBuilder<unknown> {
  const others = sql`from participants o where o.conversation_id = ${conversationId} and o.user_id <> ${userId}`;
  return sql`
    (select o.delivered_seq ${others} order by o.delivered_seq limit 1) as delivered,
    (select o.read_seq ${others} order by o.read_seq limit 1) as read,
    (select o.read_seq ${others} and o.range_count = 0 order by o.read_seq limit 1) as "withoutIslands"`;
}

async function findLowest(db: Sql, userId: number, conversationIds: readonly number[]): Promise<Lowest[]> {
  if (conversationIds.length === 0) return [];
  const { rows } = await sql<Lowest>`
    select c.id as "conversationId", ${lowestOfOthers(sql`c.id`, sql`${userId}`)}
    from conversations c where c.id in (${sql.join(conversationIds)})`.execute(db);
  return rows;
}

/** What all other members have read, with their islands; those without any are as good as their lowest watermark. */
async function findCommon(
  db: Sql,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, Interval[]>> {
  if (conversationIds.length === 0) return new Map();
  const { rows } = await sql<Row & { withoutIslands: number | null }>`
    select c.id as "conversationId", p.user_id as "userId", p.read_seq as "readSeq", r.from_seq as "from", r.to_seq as "to",
      (select o.read_seq from participants o where o.conversation_id = c.id and o.user_id <> ${userId}
        and o.range_count = 0 order by o.read_seq limit 1) as "withoutIslands"
    from conversations c
      left join participants p on p.conversation_id = c.id and p.user_id <> ${userId} and p.range_count > 0
      left join read_ranges r on r.conversation_id = p.conversation_id and r.user_id = p.user_id
    where c.id in (${sql.join(conversationIds)})`.execute(db);
  const perConversation = Map.groupBy(rows, ({ conversationId }) => conversationId);
  return new Map(
    [...perConversation].map(([id, all]) => {
      const members = all.filter(({ userId: member }) => member !== null);
      const withIslands = Map.groupBy(members, ({ userId: member }) => member);
      const cap = [{ from: 0, to: all[0]?.withoutIslands ?? (members.length > 0 ? Number.MAX_SAFE_INTEGER : 0) }];
      return [id, [...withIslands.values()].map((each) => coverage(each)).reduce(intersection, cap)];
    }),
  );
}

const coverage = (rows: readonly Row[], otherwise = 0) =>
  union([
    { from: 0, to: rows[0]?.readSeq ?? otherwise },
    ...rows.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }])),
  ]);
