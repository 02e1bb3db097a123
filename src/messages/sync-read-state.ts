import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { Span } from '../protocol.ts';
import { findReadPositionsById, type ReadPositions } from './read-positions.ts';
import { coverage, rangesWithin, type Watermark } from './read-ranges.ts';
import { findOthersReceipts, lowestOf, type OthersReceipts } from './receipts.ts';
import { intersection, type SeqRange } from './seq-ranges.ts';

/** Read ranges are reported for this many of the newest numbers. */
const OUT_OF_ORDER_WINDOW = 500;
/** The maximum number of conversations in an answer whose read ranges are compared. */
const MAX_COMPARED = 20;
/** The maximum number of members behind to compare in each. */
const MAX_COMPARED_MEMBERS = 20;

export type SyncReadState = {
  read: Span[];
  others_read: Span[];
  others_delivered: Span[];
  others_delivered_seq: number;
};

/** How far the user and all others have read and confirmed each conversation. */
export async function findSyncReadStates(
  db: Queries,
  userId: number,
  lastSeqs: ReadonlyMap<number, number>,
): Promise<Map<number, SyncReadState>> {
  const positionsById = await findReadPositionsById(db, userId, [...lastSeqs.keys()]);
  const ranges = await newestRanges(db, userId, [...positionsById.values()]);
  const states = new Map<number, SyncReadState>();
  let compared = 0;
  for (const [id, positions] of positionsById) {
    const last = lastSeqs.get(id) ?? 0;
    const newest = { from: Math.max(1, last - OUT_OF_ORDER_WINDOW), to: last };
    const compares = needsComparing(positions, newest) && compared < MAX_COMPARED;
    if (compares) compared += 1;
    const others = compares
      ? await findOthersReceipts(db, positions, newest, MAX_COMPARED_MEMBERS)
      : upToLowest(positions);
    // below that range, former members may have missed messages
    const known = (intervals: readonly SeqRange[]) =>
      pairs(intersection(intervals, [knownOf(positions, compares, newest)]));
    const mine = ranges.get(id) ?? [{ from: 0, to: positions.readSeq }];
    states.set(id, {
      read: pairs(mine),
      others_read: known(others.read),
      others_delivered: known(others.delivered),
      others_delivered_seq: positions.othersDelivered ?? 0,
    });
  }
  return states;
}

const needsComparing = ({ othersReadRanges, othersDeliveredRanges, missedSeq }: ReadPositions, newest: SeqRange) =>
  Boolean(othersReadRanges) || Boolean(othersDeliveredRanges) || missedSeq >= newest.from;

/** The range in which the missed numbers of former members are known. */
function knownOf({ missedSeq }: ReadPositions, compares: boolean, newest: SeqRange): SeqRange {
  const isAll = missedSeq === 0 || (compares && newest.from === 1);
  const from = compares ? Math.min(newest.from, missedSeq + 1) : missedSeq + 1;
  return { from: isAll ? 0 : from, to: Number.MAX_SAFE_INTEGER };
}

function upToLowest(positions: ReadPositions): OthersReceipts {
  const upTo = (watermark: Watermark) => [{ from: 0, to: lowestOf(positions, watermark).lowest }];
  return { delivered: upTo('deliveredSeq'), read: upTo('readSeq') };
}

const pairs = (intervals: readonly SeqRange[]): Span[] => intervals.map(({ from, to }) => [from, to]);

/** The watermark and the newest read ranges of the user, for conversations in which there are ranges. */
async function newestRanges(
  db: Queries,
  userId: number,
  all: readonly ReadPositions[],
): Promise<Map<number, SeqRange[]>> {
  const ids = all.filter(({ rangeCount }) => rangeCount > 0).map(({ conversationId }) => conversationId);
  if (ids.length === 0) return new Map();
  const oldest = sql`c.last_seq - ${sql.lit(OUT_OF_ORDER_WINDOW)}`;
  const { rows } = await sql<{ id: number; readSeq: number; from: number | null; to: number | null }>`
    select c.id, p.read_seq as "readSeq", r.from_seq as "from", r.to_seq as "to"
    from participants p join conversations c on c.id = p.conversation_id ${rangesWithin(oldest)}
    where p.user_id = ${userId} and p.conversation_id in (${sql.join(ids)})`.execute(db.sql);
  return new Map([...Map.groupBy(rows, ({ id }) => id)].map(([id, all]) => [id, coverage(all)]));
}
