import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import type { Span } from '../protocol.ts';
import { type Interval, intersection } from './intervals.ts';
import { coverage, rangesWithin, type Watermark } from './read-ranges.ts';
import { lowestOf, type OthersReceipts, othersWithin } from './receipts.ts';
import { type Standing, standingsOf } from './standing.ts';

/** What was read out of order is told of the newest numbers alone, so many. */
const NUMBERS_TOLD = 500;
/** Of so many conversations an answer tells what all others have read out of order. */
const MOST_COMPARED = 20;
/** So many members who are behind are compared there. */
const MOST_BEHIND = 20;

export type ReadState = {
  read: Span[];
  others_read: Span[];
  others_delivered: Span[];
  others_delivered_seq: number;
};

/** How far a user, and all others, have read and confirmed each conversation, as far as `sync` tells it. */
export async function readStates(
  db: Sql,
  userId: number,
  lastSeqs: ReadonlyMap<number, number>,
): Promise<Map<number, ReadState>> {
  const standings = await standingsOf(db, userId, [...lastSeqs.keys()]);
  const ranges = await newestRanges(db, userId, [...standings.values()]);
  const states = new Map<number, ReadState>();
  let compared = 0;
  for (const [id, standing] of standings) {
    const last = lastSeqs.get(id) ?? 0;
    const newest = { from: Math.max(1, last - NUMBERS_TOLD), to: last };
    const compares = needsComparing(standing, newest) && compared < MOST_COMPARED;
    if (compares) compared += 1;
    const others = compares ? await othersWithin(db, standing, newest, MOST_BEHIND) : upToLowest(standing);
    // below, somebody who has left may have missed something
    const known = (intervals: readonly Interval[]) =>
      pairs(intersection(intervals, [knownOf(standing, compares, newest)]));
    const mine = ranges.get(id) ?? [{ from: 0, to: standing.readSeq }];
    states.set(id, {
      read: pairs(mine),
      others_read: known(others.read),
      others_delivered: known(others.delivered),
      others_delivered_seq: standing.othersDelivered ?? 0,
    });
  }
  return states;
}

const needsComparing = ({ othersReadRanges, othersDeliveredRanges, missedSeq }: Standing, newest: Interval) =>
  Boolean(othersReadRanges) || Boolean(othersDeliveredRanges) || missedSeq >= newest.from;

/** Where it is known what those have missed who have left. */
function knownOf({ missedSeq }: Standing, compares: boolean, newest: Interval): Interval {
  const isAll = missedSeq === 0 || (compares && newest.from === 1);
  const from = compares ? Math.min(newest.from, missedSeq + 1) : missedSeq + 1;
  return { from: isAll ? 0 : from, to: Number.MAX_SAFE_INTEGER };
}

function upToLowest(standing: Standing): OthersReceipts {
  const upTo = (watermark: Watermark) => [{ from: 0, to: lowestOf(standing, watermark).lowest }];
  return { delivered: upTo('deliveredSeq'), read: upTo('readSeq') };
}

const pairs = (intervals: readonly Interval[]): Span[] => intervals.map(({ from, to }) => [from, to]);

/** What the user has read where that was out of order: up to the watermark, and the ranges that reach into the newest numbers. */
async function newestRanges(db: Sql, userId: number, standings: readonly Standing[]): Promise<Map<number, Interval[]>> {
  const ids = standings.filter(({ rangeCount }) => rangeCount > 0).map(({ conversationId }) => conversationId);
  if (ids.length === 0) return new Map();
  const oldest = sql`c.last_seq - ${sql.lit(NUMBERS_TOLD)}`;
  const { rows } = await sql<{ id: number; readSeq: number; from: number | null; to: number | null }>`
    select c.id, p.read_seq as "readSeq", r.from_seq as "from", r.to_seq as "to"
    from participants p join conversations c on c.id = p.conversation_id ${rangesWithin(oldest)}
    where p.user_id = ${userId} and p.conversation_id in (${sql.join(ids)})`.execute(db);
  return new Map([...Map.groupBy(rows, ({ id }) => id)].map(([id, all]) => [id, coverage(all)]));
}
