import { join } from 'node:path';
import type { GoalResult } from './measurement/goals.ts';
import { type Contender, interleave, type Measurement, type Runs, summary } from './measurement/interleave.ts';
import type { Scale } from './scale.ts';

export type Outcome = { goals: readonly GoalResult[]; contenders: readonly Measurement[] };
export type Progress = (step: string) => void;

type Setup = {
  scale: Scale;
  /** The root folder of the MmChat checkout to measure. */
  checkout: string;
  /** Whether to start the baselines too. */
  baselines: boolean;
  /** Sends per second of a paced load that is derived from a measurement: measured once, then used for all checkouts. */
  pace: { perSecond?: number };
  /** Called with a short description of each step. */
  progress: Progress;
};

/** One thing that the bench measures, with its goals. */
export type Scenario = {
  /** Short, for the command line. */
  name: string;
  /** What the scenario does, in one line. */
  about: string;
  /** Starts MmChat and, if requested, the baselines, each with its load. */
  start(setup: Setup): Promise<readonly Contender[]>;
  /** Compares the figures of all contenders with the goals. */
  goals(runs: Runs, scale: Scale): readonly GoalResult[];
  /** Rounds of warming up, if more than one. */
  warmUps?: number;
  /** Measured windows per contender, if not as many as the scale has. */
  runs?: number;
};

/** The root folder of this checkout. */
export const CHECKOUT = join(import.meta.dirname, '..');

/** Measures MmChat and the baselines. */
export async function runScenario(scenario: Scenario, scale: Scale, progress: Progress): Promise<Outcome> {
  const contenders = await scenario.start({ scale, checkout: CHECKOUT, baselines: true, pace: {}, progress });
  const runs = await interleave(contenders, scenario.runs ?? scale.runs, progress, scenario.warmUps);
  return { goals: scenario.goals(runs, scale), contenders: summary(runs) };
}
