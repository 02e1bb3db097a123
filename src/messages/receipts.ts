import type { Sql } from '../database.ts';
import type { MessageRow } from '../protocol.ts';
import { covers, type Interval } from './intervals.ts';
import { commonOfOthers, MOST_BEHIND, readWithin } from './read-ranges.ts';
import type { Standing } from './standing.ts';

/** What the others of a conversation, all of them, have confirmed and read, within the span that was asked for. */
export type OthersReceipts = { delivered: readonly Interval[]; read: readonly Interval[] };
export type Receipts = { mine: readonly Interval[]; others: OthersReceipts };

type Placed = { senderId: number; seq: number };

/**
 * A message's state for a user. One's own: `sent`, `delivered` when every other member's side has confirmed it, `read`
 * when every other member has read it. Somebody else's: one's own state.
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

/** What all others have confirmed and read within a span; ranges are looked at only where those who are behind have some. */
export async function othersWithin(
  db: Sql,
  standing: Standing,
  span: Interval,
  most = MOST_BEHIND,
): Promise<OthersReceipts> {
  const { othersDelivered, othersDeliveredRanges, othersRead, othersReadRanges } = standing;
  if (othersDelivered === null || othersRead === null) return NOTHING.others;
  const common = (watermark: 'readSeq' | 'deliveredSeq', lowest: number, ranges: number | null) =>
    ranges && span.to > lowest ? commonOfOthers(db, standing, watermark, span, most) : [{ from: 0, to: lowest }];
  return {
    delivered: await common('deliveredSeq', othersDelivered, othersDeliveredRanges),
    read: await common('readSeq', othersRead, othersReadRanges),
  };
}
