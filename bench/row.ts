import type { Figures } from './load/figures.ts';
import type { Scale } from './scale.ts';

/** A ratio, or a figure with a unit, that is aimed at: at least, or at most. */
export type Goal = { about: string; unit?: string } & ({ atLeast: number } | { atMost: number });
/** What was reached of it: the median of what each run, or each pair of runs, came to. */
export type Reached = Goal & { value: number; runs: readonly number[] };
/** One of the things that are compared, with the medians of its figures. */
export type Measured = { name: string; figures: Figures };
export type Outcome = { goals: readonly Reached[]; sides: readonly Measured[] };

/** A row of the bench: what is compared, and how it came out. */
export type Row = {
  /** Short, for the command line. */
  name: string;
  /** What is done, in one line. */
  about: string;
  /** Measures. `tell` is given a word about each step. */
  run(scale: Scale, tell: (step: string) => void): Promise<Outcome>;
};

export const isReached = (reached: Reached) =>
  'atLeast' in reached ? reached.value >= reached.atLeast : reached.value <= reached.atMost;
