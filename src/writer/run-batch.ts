import type { Queries } from '../database/queries.ts';
import { Batch } from './batch.ts';
import type { Entry } from './change.ts';

/** Entries of a batch that run together. */
export type Run = {
  change: Entry['change'];
  positions: readonly number[];
  items: readonly unknown[];
  found?: unknown;
};

/** Locks the conversations of a batch, and calls `find` of its first run. */
export async function beginBatch(
  transaction: Queries,
  entries: readonly Entry[],
  now: number,
): Promise<[Batch, Run[]]> {
  const runs = runsOf(entries);
  const [first] = runs as [Run]; // a batch is never empty
  const locks = new Set(entries.flatMap(({ change, item }) => [...(change.locks?.(item) ?? [])]));
  if (runs.some(({ change }) => change.locate !== undefined)) await locate(transaction, runs, locks);
  // sent one after the other: `find` reads what is there after the locks have been taken
  const [batch, found] = await Promise.all([
    Batch.begin(transaction, locks, now),
    first.change.find?.(transaction, first.items),
  ]);
  first.found = found;
  return [batch, runs];
}

async function locate(transaction: Queries, runs: readonly Run[], locks: Set<number>): Promise<void> {
  const located = await Promise.all(runs.map(({ change, items }) => change.locate?.(transaction, items) ?? []));
  for (const id of located.flat()) locks.add(id);
}

/** Executes the runs in order, each on top of the changes of the previous ones. Returns the results by entry. */
export async function runAll(batch: Batch, runs: readonly Run[], entries: readonly Entry[]): Promise<unknown[]> {
  const all = new Array<unknown>(entries.length);
  for (const [index, { change, positions, items, found }] of runs.entries()) {
    const results = await change.run(batch, items, index === 0 ? found : await change.find?.(batch, items));
    for (const [at, position] of positions.entries()) all[position] = results[at];
  }
  return all;
}

/** Groups neighbouring entries of the same kind. Entries that commute with sends are collected until another change follows. */
function runsOf(entries: readonly Entry[]): Run[] {
  const runs: number[][] = [];
  const commuting = new Map<Entry['change'], number[]>();
  const changeOf = (positions: readonly number[] | undefined) => entries[positions?.[0] ?? -1]?.change;
  const flushCommuting = () => {
    runs.push(...commuting.values());
    commuting.clear();
  };
  for (const [position, { change }] of entries.entries()) {
    if (change.commutesWithSends) {
      const positions = commuting.get(change) ?? [];
      positions.push(position);
      commuting.set(change, positions);
      continue;
    }
    if (!change.sends) flushCommuting();
    const current = runs.at(-1);
    if (current !== undefined && changeOf(current) === change) current.push(position);
    else runs.push([position]);
  }
  flushCommuting();
  return runs.map((positions) => ({
    change: changeOf(positions) as Entry['change'], // no run is empty
    positions,
    items: positions.map((position) => entries[position]?.item),
  }));
}
