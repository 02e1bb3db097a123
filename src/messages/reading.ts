import type { Batch } from '../conversations/batch.ts';
import type { Participation } from '../conversations/participation.ts';
import { ChatError } from '../errors.ts';
import { covers, gapsOf, type Interval, union } from './intervals.ts';
import type { ReadMessage } from './message-rows.ts';
import { findOpenGaps, type Gap, ReadState, rangesAround, storeReadStates } from './reading-rows.ts';

/** So many numbers in gaps are looked through; longer ones stay open: counts stay exact, only ranges stay apart. */
const LONGEST_GAPS = 2_000;
/** So many ranges a participant may have beyond the watermark: one for every place that they have read out of order. */
const MOST_RANGES = 10_000;

/** Messages of one conversation that a participant marks as read. */
export type Mark = { who: Participation; named: readonly ReadMessage[] };
/** What of it was not read before, beside what lies around it. */
type Plan = {
  who: Participation;
  fresh: readonly ReadMessage[];
  before: readonly Interval[];
  after: Interval[];
  gaps: Gap[];
};

/**
 * Marks messages as read: a participant has a watermark, up to which everything is read, and ranges of what was read
 * beyond it. `settled` counts the conversation's messages that are covered by either, or the participant's own; unread
 * follows from it. However many conversations there are, it takes the same few statements.
 * Deleted messages have been settled by that.
 * @returns for each mark the ids of those messages of others that were not read before
 * @throws ChatError `too_many_gaps`, before anything is written
 */
export async function markAsRead(batch: Batch, marks: readonly Mark[]): Promise<number[][]> {
  const around = await rangesAround(batch, marks.map(aheadOf));
  const plans = marks.map((mark) => planOf(aheadOf(mark), around.get(mark.who.conversationId) ?? []));
  const open = await findOpenGaps(batch, plans.flatMap(shortGaps));
  const states = plans.filter(({ fresh }) => fresh.length > 0).map((plan) => stateAfter(plan, open));
  await storeReadStates(batch, states);
  return plans.map(({ fresh }) => fresh.map(({ id }) => id).sort((a, b) => a - b));
}

const aheadOf = ({ who, named }: Mark): Mark => ({
  who,
  named: named.filter(({ seq, senderId }) => seq > who.readSeq && senderId !== who.userId),
});

function planOf({ who, named }: Mark, ranges: readonly Interval[]): Plan {
  const fresh = named.filter(({ seq }) => !covers(ranges, seq));
  const points = new Set(fresh.map(({ seq }) => seq));
  const watermark = { from: 0, to: who.readSeq };
  const after = union([watermark, ...ranges, ...[...points].map((seq) => ({ from: seq, to: seq }))]);
  // only beside a point is it known that a gap holds no other range
  const known = gapsOf(after).filter(({ from, to }) => points.has(from - 1) || points.has(to + 1));
  const gaps = known.map((gap) => ({ ...gap, conversationId: who.conversationId, userId: who.userId }));
  return { who, fresh, before: ranges, after, gaps };
}

/** Those that are looked through, from the lowest on. */
function shortGaps({ gaps }: Plan): Gap[] {
  let left = LONGEST_GAPS;
  return gaps.filter(({ from, to }) => {
    const length = to - from + 1;
    if (length > left) return false;
    left -= length;
    return true;
  });
}

/** Reading confirms what it continues; a message beyond a gap is read, and says nothing of those before it. */
const confirmedBy = (deliveredSeq: number, read: readonly Interval[]) =>
  read.reduce((seq, { from, to }) => (from <= seq + 1 ? Math.max(seq, to) : seq), deliveredSeq);

function stateAfter(plan: Plan, open: ReadonlySet<string>): ReadState {
  const { who, fresh, before, after } = plan;
  const closed = shortGaps(plan).filter((gap) => !open.has(ReadState.keyOf(gap)));
  const ranges = union([...after, ...closed]);
  const { to: readSeq } = ranges.shift() as Interval; // the watermark is the first of them
  const delivered = confirmedBy(who.deliveredSeq, [{ from: 0, to: readSeq }, ...ranges]);
  const settled = fresh.filter(({ event, deleted }) => event === null && !deleted).length;
  const state = new ReadState(who, before, { readSeq, ranges, delivered, settled });
  if (state.growth > 0 && who.rangeCount + state.growth > MOST_RANGES) throw new ChatError('too_many_gaps');
  return state;
}
