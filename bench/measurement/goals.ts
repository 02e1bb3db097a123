import { type Runs, valuesOf } from './interleave.ts';
import { median } from './statistics.ts';

/** A lower or upper bound for a ratio, or for a figure with a unit. */
export type Goal = { about: string; unit?: string } & ({ atLeast: number } | { atMost: number });
/** A goal with the median that was measured, and the value of each run (or pair of runs) behind it. */
export type GoalResult = Goal & { value: number; runs: readonly number[] };

export const isMet = (goal: GoalResult) => ('atLeast' in goal ? goal.value >= goal.atLeast : goal.value <= goal.atMost);

/** Compares the median of the values with a goal. */
export const resultOf = (goal: Goal, values: readonly number[]): GoalResult => ({
  ...goal,
  value: median(values),
  runs: values,
});

/** Compares with a goal the ratio of one figure between two contenders, computed run by run. */
export function compare(runs: Runs, figure: string, one: string, other: string, goal: Goal): GoalResult {
  const [dividends, divisors] = [valuesOf(runs, figure, one), valuesOf(runs, figure, other)];
  return resultOf(
    goal,
    dividends.map((value, index) => value / (divisors[index] ?? Number.NaN)),
  );
}
