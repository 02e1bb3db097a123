import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import type { MessageRow } from '../protocol.ts';
import { covers, type Interval, intersection, union } from './intervals.ts';

/** What the others of a conversation, all of them, have confirmed and read. */
export type OthersReceipts = { deliveredSeq: number; read: readonly Interval[] };
export type Receipts = { mine: readonly Interval[]; others: OthersReceipts | undefined };

type Lowest = { conversationId: number; delivered: number | null; read: number | null; withoutIslands: number | null };
type Row = Interval & { conversationId: number; userId: number; readSeq: number };

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

/** What `userId` has read in each conversation. */
export async function readBy(
  db: Sql,
  userId: number,
  read: ReadonlyMap<number, number>,
): Promise<Map<number, Interval[]>> {
  const { rows } = await sql<Row>`
    select conversation_id as "conversationId", from_seq as "from", to_seq as "to" from read_ranges
    where user_id = ${userId} and conversation_id in (${sql.join([...read.keys()])})`.execute(db);
  const islands = Map.groupBy(rows, ({ conversationId }) => conversationId);
  return new Map([...read].map(([id, to]) => [id, union([{ from: 0, to }, ...intervals(islands.get(id))])]));
}

/** What all others than `userId` have confirmed and read in each conversation; none where there is nobody else. */
export async function receiptsOfOthers(
  db: Sql,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, OthersReceipts>> {
  const lowest = await findLowest(db, userId, conversationIds);
  // islands matter only where everybody who is behind has some
  const split = lowest.filter(
    ({ read, withoutIslands }) => read !== null && (withoutIslands === null || read < withoutIslands),
  );
  const islands = await findIslands(
    db,
    userId,
    split.map(({ conversationId }) => conversationId),
  );
  return new Map(
    lowest.flatMap(({ conversationId, delivered, read, withoutIslands }) => {
      if (delivered === null || read === null) return [];
      const cap = [{ from: 0, to: withoutIslands ?? Number.MAX_SAFE_INTEGER }];
      const common = islands.get(conversationId)?.reduce(intersection, cap) ?? [{ from: 0, to: read }];
      return [[conversationId, { deliveredSeq: delivered, read: common }]];
    }),
  );
}

/** Each of these is the first entry of an index, however many members there are. */
async function findLowest(db: Sql, userId: number, conversationIds: readonly number[]): Promise<Lowest[]> {
  if (conversationIds.length === 0) return [];
  const others = sql`from participants p where p.conversation_id = c.id and p.user_id <> ${userId}`;
  const { rows } = await sql<Lowest>`
    select c.id as "conversationId",
      (select p.delivered_seq ${others} order by p.delivered_seq limit 1) as delivered,
      (select p.read_seq ${others} order by p.read_seq limit 1) as read,
      (select p.read_seq ${others} and p.range_count = 0 order by p.read_seq limit 1) as "withoutIslands"
    from conversations c where c.id in (${sql.join(conversationIds)})`.execute(db);
  return rows;
}

/** What each other member with islands has read, per conversation. */
async function findIslands(
  db: Sql,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, Interval[][]>> {
  if (conversationIds.length === 0) return new Map();
  const { rows } = await sql<Row>`
    select p.conversation_id as "conversationId", p.user_id as "userId", p.read_seq as "readSeq", r.from_seq as "from", r.to_seq as "to"
    from participants p join read_ranges r on r.conversation_id = p.conversation_id and r.user_id = p.user_id
    where p.conversation_id in (${sql.join(conversationIds)}) and p.user_id <> ${userId} and p.range_count > 0`.execute(
    db,
  );
  const perConversation = Map.groupBy(rows, ({ conversationId }) => conversationId);
  return new Map(
    [...perConversation].map(([id, all]) => [id, [...Map.groupBy(all, ({ userId }) => userId).values()].map(coverage)]),
  );
}

const intervals = (rows: readonly Interval[] = []) => rows.map(({ from, to }) => ({ from, to }));
const coverage = (rows: readonly Row[]) => union([{ from: 0, to: rows[0]?.readSeq ?? 0 }, ...intervals(rows)]);
