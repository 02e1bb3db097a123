import { parseArgs } from 'node:util';
import { stopServices } from '../test/support/services.ts';
import { compareCheckouts } from './compare-checkouts.ts';
import { cleanUp } from './measurement/cleanup.ts';
import { drawCharts } from './report/draw-charts.ts';
import { writePerformancePage } from './report/performance-page.ts';
import { keepResult, readResults } from './report/results.ts';
import { comparisonTableOf, tableOf } from './report/table.ts';
import { FULL, type Scale, SMOKE } from './scale.ts';
import { type Progress, runScenario, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** Pairs of servers in a comparison of two checkouts. */
const PAIRS = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    smoke: { type: 'boolean' },
    'write-docs': { type: 'boolean' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '10' },
  },
});

if (values.list) for (const { name, about } of scenarios) console.log(`${name.padEnd(18)} ${about}`);
else if (values['write-docs']) writePerformancePage(readResults());
else await run(chosen(positionals));

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0)
    throw new Error(`unknown scenario: ${unknown.join(', ')} (npm run bench -- --list prints all names)`);
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}

/** Runs scenarios one after the other. A failure is reported and the rest still run. */
async function run(all: readonly Scenario[]): Promise<void> {
  const scale = values.smoke ? SMOKE : FULL;
  for (const [index, scenario] of all.entries()) {
    const began = performance.now();
    try {
      const text = await measure(scenario, scale, (step) =>
        progress(`${index + 1} of ${all.length}, ${scenario.name}: ${step}`),
      );
      progress('');
      console.log(`${text}\n  took ${secondsSince(began).toFixed(0)} s\n`);
    } catch (error) {
      progress('');
      console.error(`${scenario.name} failed:`, error, '\n');
      process.exitCode = 1;
      await cleanUp();
    }
  }
  await stopServices();
}

/** Measures one scenario and returns its table. Only complete results at full scale are kept. */
async function measure(scenario: Scenario, scale: Scale, onStep: Progress): Promise<string> {
  const began = performance.now();
  if (values.against !== undefined) {
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new Error(`--rounds must be a positive integer: ${values.rounds}`);
    const options = { other: values.against, pairs: PAIRS, rounds, progress: onStep };
    return comparisonTableOf(scenario, await compareCheckouts(scenario, scale, options));
  }
  const outcome = await runScenario(scenario, scale, onStep);
  if (scale === FULL) {
    keepResult(scenarios, scenario, outcome, secondsSince(began));
    drawCharts();
  }
  return tableOf(scenario, outcome);
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}

/** Overwrites one line of the terminal; prints nothing when stderr is not one. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
