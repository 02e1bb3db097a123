import type { Sql } from '../database.ts';
import type { MessageRow } from '../protocol.ts';
import { covers, difference, type Interval } from './intervals.ts';
import { missedWithin } from './missed-within.ts';
import { commonOfOthers, MOST_BEHIND, readWithin, type Watermark } from './read-ranges.ts';
import type { Standing } from './standing.ts';

/** What the others of a conversation, all of them, have confirmed and read, within the span that was asked for. */
export type OthersReceipts = { delivered: readonly Interval[]; read: readonly Interval[] };
export type Receipts = { mine: readonly Interval[]; others: OthersReceipts };

type Placed = { senderId: number; seq: number };

/**
 * A message's state for a user. One's own: `sent`, `delivered` when the side of every other member who was there when it
 * was sent has confirmed it, `read` when each of them has read it. Somebody else's: one's own state. It is never taken back.
 */
export function statusOf({ senderId, seq }: Placed, userId: number, { mine, others }: Receipts): MessageRow['status'] {
  if (senderId !== userId) return covers(mine, seq) ? 'read' : 'delivered';
  if (covers(others.read, seq)) return 'read';
  return covers(others.delivered, seq) ? 'delivered' : 'sent';
}

const NOTHING: Receipts = { mine: [], others: { delivered: [], read: [] } };

/** What is to be known for the states of these messages of one conversation: it reads no more than what is among them. */
export async function receiptsFor(db: Sql, standing: Standing, messages: readonly Placed[]): Promise<Receipts> {
  const { userId } = standing;
  const foreign = spanOf(messages.filter(({ senderId }) => senderId !== userId));
  const own = spanOf(messages.filter(({ senderId }) => senderId === userId));
  return {
    mine: foreign ? await readWithin(db, standing, foreign) : NOTHING.mine,
    others: own ? await othersWithin(db, standing, own) : NOTHING.others,
  };
}

function spanOf(messages: readonly Placed[]): Interval | undefined {
  const seqs = messages.map(({ seq }) => seq);
  return seqs.length === 0 ? undefined : { from: Math.min(...seqs), to: Math.max(...seqs) };
}

/**
 * What all others who were there have confirmed and read within a span. Those who are there are looked at before what those
 * who have left had missed: whoever leaves between the two is among both, and not in neither.
 */
export async function othersWithin(
  db: Sql,
  standing: Standing,
  span: Interval,
  most = MOST_BEHIND,
): Promise<OthersReceipts> {
  const delivered = await presentWithin(db, standing, 'deliveredSeq', span, most);
  const read = await presentWithin(db, standing, 'readSeq', span, most);
  // while ranges were compared somebody may have left of whom the standing knows nothing
  if (!delivered.compared && !read.compared && span.from > standing.missedSeq)
    return { delivered: delivered.common, read: read.common };
  const { undelivered, unread } = await missedWithin(db, standing, span);
  return { delivered: difference(delivered.common, undelivered), read: difference(read.common, unread) };
}

/** The same of those who are there now; their ranges are compared only where whoever is lowest has some. */
async function presentWithin(
  db: Sql,
  standing: Standing,
  watermark: Watermark,
  span: Interval,
  most: number,
): Promise<{ common: Interval[]; compared: boolean }> {
  const { lowest, ranges } = lowestOf(standing, watermark);
  const compared = ranges > 0 && span.to > lowest;
  const common = compared ? await commonOfOthers(db, standing, watermark, span, most) : [{ from: 0, to: lowest }];
  return { common, compared };
}

/** Up to where all others are through at least; where there is nobody, up to where somebody was. */
export const lowestOf = (standing: Standing, watermark: Watermark) =>
  watermark === 'readSeq'
    ? { lowest: standing.othersRead ?? standing.removalSeq, ranges: standing.othersReadRanges ?? 0 }
    : { lowest: standing.othersDelivered ?? standing.removalSeq, ranges: standing.othersDeliveredRanges ?? 0 };
