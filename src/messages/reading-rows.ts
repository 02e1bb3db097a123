import type { Batch } from '../conversations/batch.ts';
import type { Participation } from '../conversations/participation.ts';
import { EachRow } from '../each-row.ts';
import type { Interval } from './intervals.ts';

/** Numbers between two ranges of a participant. */
export type Gap = Interval & { conversationId: number; userId: number };
type Next = { readSeq: number; ranges: readonly Interval[]; delivered: number; settled: number };

/** A participant's read state after reading, as the rows that change. */
export class ReadState {
  readonly who: Participation;
  readonly next: Next;
  readonly gone: readonly Interval[];
  readonly came: readonly Interval[];

  /** @param before the ranges that there were where `next` has its own */
  constructor(who: Participation, before: readonly Interval[], next: Next) {
    this.who = who;
    this.next = next;
    this.gone = missing(before, next.ranges);
    this.came = missing(next.ranges, before);
  }

  /** How many ranges there are more than before. */
  get growth(): number {
    return this.came.length - this.gone.length;
  }

  static keyOf = ({ conversationId, from }: { conversationId: number; from: number }) => `${conversationId}:${from}`;
}

/** Those of the first that are not among the others as they are. */
function missing(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  const ends = new Map(others.map(({ from, to }) => [from, to]));
  return some.filter(({ from, to }) => ends.get(from) !== to);
}

const findRangesAround = new EachRow<Interval & { conversationId: number }>((row) => {
  const own = (name: string) => `${name}.conversation_id = ${row.int(0)} and ${name}.user_id = ${row.int(1)}`;
  return `
    select r.conversation_id as "conversationId", r.from_seq as "from", r.to_seq as "to" from read_ranges r${row.and}
    where ${own('r')}
      and r.from_seq >= coalesce((select max(l.from_seq) from read_ranges l where ${own('l')} and l.from_seq <= ${row.int(2)}), ${row.int(2)})
      and r.from_seq <= coalesce((select min(h.from_seq) from read_ranges h where ${own('h')} and h.from_seq > ${row.int(2)}), ${row.int(2)})`;
});

type Named = { who: Participation; named: readonly { seq: number }[] };

/** By conversation, in order: the ranges in which the named messages are, and the nearest ones on both sides of each. */
export async function rangesAround(batch: Batch, marks: readonly Named[]): Promise<Map<number, Interval[]>> {
  const rows = marks.flatMap(({ who, named }) =>
    who.rangeCount === 0 ? [] : named.map(({ seq }) => [who.conversationId, who.userId, seq]),
  );
  const found = await batch.run(findRangesAround, rows);
  return new Map(
    [...Map.groupBy(found, ({ conversationId }) => conversationId)].map(([id, all]) => [id, inOrder(all)]),
  );
}

/** One that is near several of the named comes several times. */
const inOrder = (ranges: readonly Interval[]): Interval[] =>
  [...new Map(ranges.map(({ from, to }) => [from, { from, to }])).values()].sort((a, b) => a.from - b.from);

const findOpen = new EachRow<{ conversationId: number; from: number }>(
  (row) => `
    select ${row.int(0)} as "conversationId", ${row.int(1)} as "from" ${row.from}
    where exists (
      select 1 from messages m
      where m.conversation_id = ${row.int(0)} and m.seq between ${row.int(1)} and ${row.int(2)} and m.event is null
        and m.deleted_at is null and m.sender_id <> ${row.int(3)}
    )`,
);

/** The keys of the gaps in which there is something left to read. */
export async function findOpenGaps(batch: Batch, gaps: readonly Gap[]): Promise<ReadonlySet<string>> {
  const rows = gaps.map(({ conversationId, from, to, userId }) => [conversationId, from, to, userId]);
  return new Set((await batch.run(findOpen, rows)).map(ReadState.keyOf));
}

const removeRange = new EachRow(
  (row) => `
    delete from read_ranges
    where (conversation_id, user_id, from_seq) in (select ${row.int(0)}, ${row.int(1)}, ${row.int(2)} ${row.from})`,
);

const insertRange = new EachRow(
  (row) => `
    insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)} ${row.from}`,
);

const storeReading = new EachRow(
  (row) => `
    update participants set read_seq = ${row.int(2)}, settled = settled + ${row.int(3)},
      range_count = range_count + ${row.int(4)},
      delivered_seq = case when delivered_seq < ${row.int(5)} then ${row.int(5)} else delivered_seq end
    ${row.from} where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);

export async function storeReadStates(batch: Batch, states: readonly ReadState[]): Promise<void> {
  const keyed = (ranges: (state: ReadState) => readonly Interval[]) =>
    states.flatMap((state) =>
      ranges(state).map(({ from, to }) => [state.who.conversationId, state.who.userId, from, to]),
    );
  // in this order on their way, without waiting for each other
  await Promise.all([
    batch.run(
      removeRange,
      keyed(({ gone }) => gone),
    ),
    batch.run(
      insertRange,
      keyed(({ came }) => came),
    ),
    batch.run(storeReading, states.map(rowOf)),
  ]);
}

const rowOf = ({ who: { conversationId, userId }, growth, next: { readSeq, settled, delivered } }: ReadState) => [
  conversationId,
  userId,
  readSeq,
  settled,
  growth,
  delivered,
];
