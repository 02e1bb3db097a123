import { resolve } from 'node:path';
import type { Figures } from './measurement/figures.ts';
import { type Contender, interleave, type Runs, valuesOf } from './measurement/interleave.ts';
import { median, percentile } from './measurement/statistics.ts';
import type { Scale } from './scale.ts';
import { CHECKOUT, type Progress, type Scenario } from './scenario.ts';

/** One figure in both checkouts: its medians, and the ratio this ÷ other over pairs of windows. */
export type FigureComparison = {
  contender: string;
  figure: string;
  here: number;
  there: number;
  ratio: number;
  /** The quartiles of the ratio. */
  spread: readonly [low: number, high: number];
};

type Options = {
  /** The root folder of the other checkout. */
  other: string;
  /** How often both servers are started: the CPU usage of two processes differs even if their code is equal. */
  pairs: number;
  /** Windows per contender, checkout and pair of servers. */
  rounds: number;
  progress: Progress;
};

/** Many short windows instead of few long ones, so that the two of a pair see the same load of the machine. */
const SHORTER = 3;
const THERE = ' (other checkout)';

/**
 * Measures a scenario with the servers of this checkout and of another one, in alternating windows. Which of the two comes
 * first alternates as well. The load, the scenario and the contents of the database are those of this checkout. Baselines
 * are not started.
 */
export async function compareCheckouts(
  scenario: Scenario,
  scale: Scale,
  { other, pairs, rounds, progress }: Options,
): Promise<FigureComparison[]> {
  const setup = { scale: { ...scale, seconds: scale.seconds / SHORTER }, baselines: false, pace: {}, progress };
  const checkouts = [
    { checkout: CHECKOUT, suffix: '' },
    { checkout: resolve(other), suffix: THERE },
  ];
  const all = new Map<string, Figures[]>();
  for (let pair = 0; pair < pairs; pair += 1) {
    const started = [];
    for (const { checkout, suffix } of pair % 2 === 0 ? checkouts : checkouts.toReversed())
      started.push(
        (await scenario.start({ ...setup, checkout })).map((each) => ({ ...each, name: each.name + suffix })),
      );
    const [first = [], second = []] = started;
    const contenders = first.flatMap((contender, index) => [contender, second[index] as Contender]); // equally many
    const runs = await interleave(contenders, scenario.runs ?? rounds, progress, scenario.warmUps);
    for (const [name, windows] of runs) all.set(name, [...(all.get(name) ?? []), ...windows]);
  }
  return [...all.keys()].filter((name) => !name.endsWith(THERE)).flatMap((name) => compareFigures(all, name));
}

/** Compares all figures of a contender, except those that are zero throughout. */
function compareFigures(runs: Runs, contender: string): FigureComparison[] {
  return Object.keys(runs.get(contender)?.[0] ?? {}).flatMap((figure) => {
    const here = valuesOf(runs, figure, contender);
    const there = valuesOf(runs, figure, `${contender}${THERE}`);
    if (Math.max(...here, ...there) === 0) return [];
    return [{ contender, figure, here: median(here), there: median(there), ...ratioOf(here, there) }];
  });
}

/** The median and the quartiles of the ratios of each pair of values. */
export function ratioOf(here: readonly number[], there: readonly number[]): Pick<FigureComparison, 'ratio' | 'spread'> {
  const ratios = here.map((value, index) => value / (there[index] ?? Number.NaN));
  const sorted = Float64Array.from(ratios).sort();
  return { ratio: median(ratios), spread: [percentile(sorted, 0.25), percentile(sorted, 0.75)] };
}
