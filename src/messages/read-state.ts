import type { Participation } from '../conversations/participation.ts';
import { RowStatement } from '../database/statement.ts';
import type { Batch } from '../writer/batch.ts';
import type { SeqRange } from './seq-ranges.ts';

/** The numbers between two read ranges of a participant. */
export type Gap = SeqRange & { conversationId: number; userId: number };
type ReadStateValues = { readSeq: number; ranges: readonly SeqRange[]; delivered: number; settled: number };

/** The changes of a participant's rows that lead to a new read state. */
export class ReadState {
  readonly participation: Participation;
  readonly next: ReadStateValues;
  readonly removedRanges: readonly SeqRange[];
  readonly addedRanges: readonly SeqRange[];

  /** @param before the stored ranges that `next.ranges` replace */
  constructor(participation: Participation, before: readonly SeqRange[], next: ReadStateValues) {
    this.participation = participation;
    this.next = next;
    this.removedRanges = rangesOnlyIn(before, next.ranges);
    this.addedRanges = rangesOnlyIn(next.ranges, before);
  }

  /** The change of the number of ranges; negative if it falls. */
  get rangeCountChange(): number {
    return this.addedRanges.length - this.removedRanges.length;
  }

  static keyOf = ({ conversationId, from }: { conversationId: number; from: number }) => `${conversationId}:${from}`;
}

/** The ranges of the first list that the second does not contain unchanged. */
function rangesOnlyIn(some: readonly SeqRange[], others: readonly SeqRange[]): SeqRange[] {
  const ends = new Map(others.map(({ from, to }) => [from, to]));
  return some.filter(({ from, to }) => ends.get(from) !== to);
}

const selectRangesAround = new RowStatement<SeqRange & { conversationId: number }>((row) => {
  const own = (name: string) => `${name}.conversation_id = ${row.int(0)} and ${name}.user_id = ${row.int(1)}`;
  return `
    select r.conversation_id as "conversationId", r.from_seq as "from", r.to_seq as "to" from read_ranges r${row.and}
    where ${own('r')}
      and r.from_seq >= coalesce((select max(l.from_seq) from read_ranges l where ${own('l')} and l.from_seq <= ${row.int(2)}), ${row.int(2)})
      and r.from_seq <= coalesce((select min(h.from_seq) from read_ranges h where ${own('h')} and h.from_seq > ${row.int(2)}), ${row.int(2)})`;
});

type NamedMessages = { participation: Participation; named: readonly { seq: number }[] };

/** By conversation, in order: the ranges that contain the named messages, and the nearest ranges on both sides of each. */
export async function findRangesAround(
  batch: Batch,
  marks: readonly NamedMessages[],
): Promise<Map<number, SeqRange[]>> {
  const rows = marks.flatMap(({ participation, named }) =>
    participation.rangeCount === 0
      ? []
      : named.map(({ seq }) => [participation.conversationId, participation.userId, seq]),
  );
  const found = await batch.run(selectRangesAround, rows);
  return new Map(
    [...Map.groupBy(found, ({ conversationId }) => conversationId)].map(([id, all]) => [id, inOrder(all)]),
  );
}

/** Removes duplicates: a range can be near several messages. */
const inOrder = (ranges: readonly SeqRange[]): SeqRange[] =>
  [...new Map(ranges.map(({ from, to }) => [from, { from, to }])).values()].sort((a, b) => a.from - b.from);

const selectOpenGaps = new RowStatement<{ conversationId: number; from: number }>(
  (row) => `
    select ${row.int(0)} as "conversationId", ${row.int(1)} as "from" ${row.from}
    where exists (
      select 1 from messages m
      where m.conversation_id = ${row.int(0)} and m.seq between ${row.int(1)} and ${row.int(2)} and m.event is null
        and m.deleted_at is null and m.sender_id <> ${row.int(3)}
    )`,
);

/** The keys of the gaps that contain unread messages. */
export async function findOpenGaps(batch: Batch, gaps: readonly Gap[]): Promise<ReadonlySet<string>> {
  const rows = gaps.map(({ conversationId, from, to, userId }) => [conversationId, from, to, userId]);
  return new Set((await batch.run(selectOpenGaps, rows)).map(ReadState.keyOf));
}

const removeRange = new RowStatement(
  (row) => `
    delete from read_ranges
    where (conversation_id, user_id, from_seq) in (select ${row.int(0)}, ${row.int(1)}, ${row.int(2)} ${row.from})`,
);

const insertRange = new RowStatement(
  (row) => `
    insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)} ${row.from}`,
);

const updateReadState = new RowStatement(
  (row) => `
    update participants set read_seq = ${row.int(2)}, settled = settled + ${row.int(3)},
      range_count = range_count + ${row.int(4)},
      delivered_seq = case when delivered_seq < ${row.int(5)} then ${row.int(5)} else delivered_seq end
    ${row.from} where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);

export async function storeReadStates(batch: Batch, states: readonly ReadState[]): Promise<void> {
  const keyed = (ranges: (state: ReadState) => readonly SeqRange[]) =>
    states.flatMap((state) =>
      ranges(state).map(({ from, to }) => [state.participation.conversationId, state.participation.userId, from, to]),
    );
  // sent in this order, without waiting for each other
  await Promise.all([
    batch.run(
      removeRange,
      keyed(({ removedRanges }) => removedRanges),
    ),
    batch.run(
      insertRange,
      keyed(({ addedRanges }) => addedRanges),
    ),
    batch.run(updateReadState, states.map(rowOf)),
  ]);
}

const rowOf = ({
  participation: { conversationId, userId },
  rangeCountChange,
  next: { readSeq, settled, delivered },
}: ReadState) => [conversationId, userId, readSeq, settled, rangeCountChange, delivered];
