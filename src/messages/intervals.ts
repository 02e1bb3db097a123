/** Closed intervals of sequence numbers. */
export type Interval = { from: number; to: number };

/** Joins intervals that overlap or touch; the result is in order and has gaps between all of its members. */
export function union(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** The gaps between neighbours of a union. */
export function gapsOf(intervals: readonly Interval[]): Interval[] {
  return intervals.slice(1).map(({ from }, index) => ({ from: (intervals[index] as Interval).to + 1, to: from - 1 }));
}

/** What two unions have in common. */
export function intersection(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  const common = some.flatMap((one) =>
    others.map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) })),
  );
  return union(common.filter(({ from, to }) => from <= to));
}

export const covers = (intervals: readonly Interval[], seq: number) =>
  intervals.some(({ from, to }) => from <= seq && seq <= to);
