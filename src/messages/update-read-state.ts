import type { Participation } from '../conversations/participation.ts';
import { ChatError } from '../operation/errors.ts';
import type { Batch } from '../writer/batch.ts';
import type { ReadMessage } from './message-presenter.ts';
import { findOpenGaps, findRangesAround, type Gap, ReadState, storeReadStates } from './read-state.ts';
import { covers, gapsOf, type SeqRange, union } from './seq-ranges.ts';

/** The maximum number of numbers in gaps that are searched for unread messages. Longer gaps stay open; counts stay exact. */
const MAX_GAP_SEQS = 2_000;
/** The maximum number of read ranges of a participant beyond the watermark, one per place that was read out of order. */
const MAX_RANGES = 10_000;

/** The messages of one conversation that a participant marks as read. */
export type Mark = { participation: Participation; named: readonly ReadMessage[] };
/** The newly read messages of a mark, and the ranges and gaps around them. */
type Plan = {
  participation: Participation;
  newlyRead: readonly ReadMessage[];
  before: readonly SeqRange[];
  after: SeqRange[];
  gaps: Gap[];
};

/**
 * Marks messages as read. A participant has a watermark, up to which everything is read, and read ranges beyond it.
 * `settled` counts the messages that are read, own, or deleted while unread; the unread count follows from it. The number of
 * statements does not depend on the number of conversations.
 * @returns for each mark, the ids of others' messages that were not read before
 * @throws ChatError `too_many_gaps`, before anything is written
 */
export async function markAsRead(batch: Batch, marks: readonly Mark[]): Promise<number[][]> {
  const around = await findRangesAround(batch, marks.map(beyondWatermark));
  const plans = marks.map((mark) =>
    planFor(beyondWatermark(mark), around.get(mark.participation.conversationId) ?? []),
  );
  const open = await findOpenGaps(batch, plans.flatMap(shortGaps));
  const states = plans.filter(({ newlyRead }) => newlyRead.length > 0).map((plan) => stateAfter(plan, open));
  await storeReadStates(batch, states);
  return plans.map(({ newlyRead }) => newlyRead.map(({ id }) => id).sort((a, b) => a - b));
}

const beyondWatermark = ({ participation, named }: Mark): Mark => ({
  participation,
  named: named.filter(({ seq, senderId }) => seq > participation.readSeq && senderId !== participation.userId),
});

function planFor({ participation, named }: Mark, ranges: readonly SeqRange[]): Plan {
  const newlyRead = named.filter(({ seq }) => !covers(ranges, seq));
  const newSeqs = new Set(newlyRead.map(({ seq }) => seq));
  const watermark = { from: 0, to: participation.readSeq };
  const after = union([watermark, ...ranges, ...[...newSeqs].map((seq) => ({ from: seq, to: seq }))]);
  // only next to a newly read message is it known that a gap contains no other range
  const known = gapsOf(after).filter(({ from, to }) => newSeqs.has(from - 1) || newSeqs.has(to + 1));
  const gaps = known.map((gap) => ({
    ...gap,
    conversationId: participation.conversationId,
    userId: participation.userId,
  }));
  return { participation, newlyRead, before: ranges, after, gaps };
}

/** The gaps to search, from the lowest. */
function shortGaps({ gaps }: Plan): Gap[] {
  let left = MAX_GAP_SEQS;
  return gaps.filter(({ from, to }) => {
    const length = to - from + 1;
    if (length > left) return false;
    left -= length;
    return true;
  });
}

/** Reading confirms delivery as far as the read ranges follow the confirmed numbers without a gap. */
const deliveredAfter = (deliveredSeq: number, read: readonly SeqRange[]) =>
  read.reduce((seq, { from, to }) => (from <= seq + 1 ? Math.max(seq, to) : seq), deliveredSeq);

function stateAfter(plan: Plan, open: ReadonlySet<string>): ReadState {
  const { participation, newlyRead, before, after } = plan;
  const closed = shortGaps(plan).filter((gap) => !open.has(ReadState.keyOf(gap)));
  const ranges = union([...after, ...closed]);
  const { to: readSeq } = ranges.shift() as SeqRange; // the first range is the watermark
  const delivered = deliveredAfter(participation.deliveredSeq, [{ from: 0, to: readSeq }, ...ranges]);
  const settled = newlyRead.filter(({ event, deleted }) => event === null && !deleted).length;
  const state = new ReadState(participation, before, { readSeq, ranges, delivered, settled });
  if (state.rangeCountChange > 0 && participation.rangeCount + state.rangeCountChange > MAX_RANGES)
    throw new ChatError('too_many_gaps');
  return state;
}
