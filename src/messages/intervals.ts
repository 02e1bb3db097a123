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

/** What two unions have in common, in one pass over both. */
export function intersection(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, j = 0; i < some.length && j < others.length; ) {
    const [one, other] = [some[i] as Interval, others[j] as Interval];
    const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
    if (from <= to) common.push({ from, to });
    if (one.to < other.to) i += 1;
    else j += 1;
  }
  return common;
}

/** What of a union, from 0 on, is not in another one. */
export function difference(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  const [first, last] = [others[0], others.at(-1)];
  if (first === undefined || last === undefined) return [...some];
  const outside = [
    { from: 0, to: first.from - 1 },
    ...gapsOf(others),
    { from: last.to + 1, to: Number.MAX_SAFE_INTEGER },
  ];
  return intersection(some, outside);
}

/** Whether a number is in a union; found by halving. */
export function covers(intervals: readonly Interval[], seq: number): boolean {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle] as Interval).to < seq) low = middle + 1;
    else high = middle;
  }
  return low < intervals.length && (intervals[low] as Interval).from <= seq;
}
