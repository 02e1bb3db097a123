/** A closed interval of sequence numbers. */
export type SeqRange = { from: number; to: number };

/** Joins ranges that overlap or touch. The result is sorted, with gaps between its ranges. */
export function union(ranges: readonly SeqRange[]): SeqRange[] {
  const joined: SeqRange[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** The gaps between the ranges of a union. */
export function gapsOf(ranges: readonly SeqRange[]): SeqRange[] {
  return ranges.slice(1).map(({ from }, index) => ({ from: (ranges[index] as SeqRange).to + 1, to: from - 1 }));
}

/** The numbers that are in both unions. */
export function intersection(some: readonly SeqRange[], others: readonly SeqRange[]): SeqRange[] {
  const common: SeqRange[] = [];
  for (let i = 0, j = 0; i < some.length && j < others.length; ) {
    const [one, other] = [some[i] as SeqRange, others[j] as SeqRange];
    const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
    if (from <= to) common.push({ from, to });
    if (one.to < other.to) i += 1;
    else j += 1;
  }
  return common;
}

/** The numbers from 0 that are in the first union and not in the second. */
export function difference(some: readonly SeqRange[], others: readonly SeqRange[]): SeqRange[] {
  const [first, last] = [others[0], others.at(-1)];
  if (first === undefined || last === undefined) return [...some];
  const outside = [
    { from: 0, to: first.from - 1 },
    ...gapsOf(others),
    { from: last.to + 1, to: Number.MAX_SAFE_INTEGER },
  ];
  return intersection(some, outside);
}

/** Whether a number is in a union (binary search). */
export function covers(ranges: readonly SeqRange[], seq: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as SeqRange).to < seq) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && (ranges[low] as SeqRange).from <= seq;
}
