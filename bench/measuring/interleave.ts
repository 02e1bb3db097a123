import type { Figures } from '../load/figures.ts';
import type { Goal, Measured, Reached } from '../row.ts';
import { median } from './numbers.ts';

/** One side of a comparison: a server with its load, ready to be measured again and again. */
export type Side = {
  name: string;
  window(): Promise<Figures>;
  /** Has the server do what is to be measured, as much as it can, until V8 has compiled it; a window, unless given. */
  warmUp?(): Promise<unknown>;
  stop(): Promise<void>;
};
export type Runs = ReadonlyMap<string, readonly Figures[]>;

/**
 * Warms the sides up in turn, then measures them in turn, so many times over, then stops them all. What slows the machine
 * down slows all sides down.
 * @param warmUps what is called some ten thousand times before V8 has compiled it needs more than one
 */
export async function interleave(
  sides: readonly Side[],
  runs: number,
  tell: (step: string) => void,
  warmUps = 1,
): Promise<Runs> {
  const measured = new Map(sides.map(({ name }) => [name, [] as Figures[]]));
  try {
    for (let round = 0; round < warmUps; round += 1) {
      for (const side of sides) {
        tell(`${side.name} warms up`);
        await (side.warmUp?.() ?? side.window());
      }
    }
    for (let run = 1; run <= runs; run += 1) {
      for (const side of sides) {
        tell(`${side.name}, ${run} of ${runs}`);
        measured.get(side.name)?.push(await side.window());
      }
    }
  } finally {
    for (const side of sides) await side.stop();
  }
  return measured;
}

/** The medians of each side's figures. */
export const summary = (runs: Runs): Measured[] =>
  [...runs].map(([name, windows]) => ({ name, figures: medians(windows) }));

function medians(windows: readonly Figures[]): Figures {
  const names = Object.keys(windows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(windows.map((window) => window[name] ?? Number.NaN))]));
}

/** The ratio of one figure between two sides, run by run, held against a goal. */
export function compare(runs: Runs, figure: string, one: string, other: string, goal: Goal): Reached {
  const [ours, theirs] = [valuesOf(runs, figure, one), valuesOf(runs, figure, other)];
  return reached(
    goal,
    ours.map((value, index) => value / (theirs[index] ?? Number.NaN)),
  );
}

export const valuesOf = (runs: Runs, figure: string, side: string) =>
  (runs.get(side) ?? []).map((window) => window[figure] ?? Number.NaN);

/** What each run came to, held against a goal by its median. */
export const reached = (goal: Goal, values: readonly number[]): Reached => ({
  ...goal,
  value: median(values),
  runs: values,
});
