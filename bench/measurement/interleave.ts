import type { Figures } from './figures.ts';
import { median } from './statistics.ts';

/** A running server with its load, ready to be measured repeatedly. */
export type Contender = {
  name: string;
  /** Applies the load for a while and returns what was measured. */
  window(): Promise<Figures>;
  /** Applies the load at full rate so that V8 compiles the measured code. Defaults to one window. */
  warmUp?(): Promise<unknown>;
  stop(): Promise<void>;
};
/** The figures of every window, by contender. */
export type Runs = ReadonlyMap<string, readonly Figures[]>;
/** One contender and the medians of its figures. */
export type Measurement = { name: string; figures: Figures };

/**
 * Warms up all contenders, then measures one window of each, `runs` times over, and finally stops them. Because windows
 * are interleaved, a slow phase of the machine affects all contenders alike.
 * @param warmUps rounds of warming up; code that runs only some thousand times a second needs more than one
 */
export async function interleave(
  contenders: readonly Contender[],
  runs: number,
  progress: (step: string) => void,
  warmUps = 1,
): Promise<Runs> {
  const measured = new Map(contenders.map(({ name }) => [name, [] as Figures[]]));
  try {
    for (let round = 0; round < warmUps; round += 1) {
      for (const contender of contenders) {
        progress(`warming up ${contender.name}`);
        await (contender.warmUp?.() ?? contender.window());
      }
    }
    for (let run = 1; run <= runs; run += 1) {
      for (const contender of contenders) {
        progress(`${contender.name}, ${run} of ${runs}`);
        measured.get(contender.name)?.push(await contender.window());
      }
    }
  } finally {
    for (const contender of contenders) await contender.stop();
  }
  return measured;
}

/** The medians of each contender's figures. */
export const summary = (runs: Runs): Measurement[] =>
  [...runs].map(([name, windows]) => ({ name, figures: medians(windows) }));

function medians(windows: readonly Figures[]): Figures {
  const names = Object.keys(windows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(windows.map((window) => window[name] ?? Number.NaN))]));
}

/** One figure of one contender, window by window. */
export const valuesOf = (runs: Runs, figure: string, contender: string) =>
  (runs.get(contender) ?? []).map((window) => window[figure] ?? Number.NaN);
