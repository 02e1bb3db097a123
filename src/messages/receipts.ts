import type { Queries } from '../database/queries.ts';
import type { MessageRow } from '../protocol.ts';
import { findMissedSeqs } from './missed-seqs.ts';
import type { ReadPositions } from './read-positions.ts';
import { commonToOthers, MAX_COMPARED_MEMBERS, readWithin, type Watermark } from './read-ranges.ts';
import { covers, difference, type SeqRange } from './seq-ranges.ts';

/** The numbers that all other participants have confirmed and read, within a span. */
export type OthersReceipts = { delivered: readonly SeqRange[]; read: readonly SeqRange[] };
export type Receipts = { mine: readonly SeqRange[]; others: OthersReceipts };

type SentMessage = { senderId: number; seq: number };

/**
 * The status of a message for a user. The user's own message is `delivered` or `read` when everyone who was in the
 * conversation when it was sent has confirmed or read it; another's message is `read` when the user has read it. A status is
 * never withdrawn.
 */
export function statusOf(
  { senderId, seq }: SentMessage,
  userId: number,
  { mine, others }: Receipts,
): MessageRow['status'] {
  if (senderId !== userId) return covers(mine, seq) ? 'read' : 'delivered';
  if (covers(others.read, seq)) return 'read';
  return covers(others.delivered, seq) ? 'delivered' : 'sent';
}

const NO_RECEIPTS: Receipts = { mine: [], others: { delivered: [], read: [] } };

/** The receipts that determine the statuses of messages of one conversation, within the span of those messages. */
export async function receiptsFor(
  db: Queries,
  positions: ReadPositions,
  messages: readonly SentMessage[],
): Promise<Receipts> {
  const { userId } = positions;
  const byOthers = spanOf(messages.filter(({ senderId }) => senderId !== userId));
  const own = spanOf(messages.filter(({ senderId }) => senderId === userId));
  return {
    mine: byOthers ? await readWithin(db, positions, byOthers) : NO_RECEIPTS.mine,
    others: own ? await findOthersReceipts(db, positions, own) : NO_RECEIPTS.others,
  };
}

function spanOf(messages: readonly SentMessage[]): SeqRange | undefined {
  const seqs = messages.map(({ seq }) => seq);
  return seqs.length === 0 ? undefined : { from: Math.min(...seqs), to: Math.max(...seqs) };
}

/**
 * The numbers of a span that all others have confirmed and read, including former members. Current members are read before
 * the missed blocks of former ones: a member who leaves between the two reads counts in both instead of in neither.
 */
export async function findOthersReceipts(
  db: Queries,
  positions: ReadPositions,
  span: SeqRange,
  most = MAX_COMPARED_MEMBERS,
): Promise<OthersReceipts> {
  const delivered = await ofCurrentMembers(db, positions, 'deliveredSeq', span, most);
  const read = await ofCurrentMembers(db, positions, 'readSeq', span, most);
  // while ranges were compared, a member may have left after `positions` were read
  if (!delivered.compared && !read.compared && span.from > positions.missedSeq)
    return { delivered: delivered.common, read: read.common };
  const { undelivered, unread } = await findMissedSeqs(db, positions, span);
  return { delivered: difference(delivered.common, undelivered), read: difference(read.common, unread) };
}

/** The same for current members; ranges are compared only if the member with the lowest watermark has some. */
async function ofCurrentMembers(
  db: Queries,
  positions: ReadPositions,
  watermark: Watermark,
  span: SeqRange,
  most: number,
): Promise<{ common: SeqRange[]; compared: boolean }> {
  const { lowest, ranges } = lowestOf(positions, watermark);
  const compared = ranges > 0 && span.to > lowest;
  const common = compared ? await commonToOthers(db, positions, watermark, span, most) : [{ from: 0, to: lowest }];
  return { common, compared };
}

/** The lowest watermark of the others; without others, the `seq` of the last removal. */
export const lowestOf = (positions: ReadPositions, watermark: Watermark) =>
  watermark === 'readSeq'
    ? { lowest: positions.othersRead ?? positions.removalSeq, ranges: positions.othersReadRanges ?? 0 }
    : { lowest: positions.othersDelivered ?? positions.removalSeq, ranges: positions.othersDeliveredRanges ?? 0 };
