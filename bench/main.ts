import { parseArgs } from 'node:util';
import { stopServices } from '../test/support/services.ts';
import { stopLeftovers } from './measuring/started.ts';
import { writeDocs } from './report/docs.ts';
import { drawCharts } from './report/report.ts';
import { keepResult, readResults } from './report/results.ts';
import { tableOf } from './report/table.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { FULL, SMOKE } from './scale.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean' }, smoke: { type: 'boolean' }, 'write-docs': { type: 'boolean' } },
});

if (values.list) for (const { name, about } of rows) console.log(`${name.padEnd(18)} ${about}`);
else if (values['write-docs']) writeDocs(readResults());
else await run(chosen(positionals));

function chosen(names: readonly string[]): readonly Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; npm run bench -- --list names them`);
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name));
}

/** Runs rows one after the other. One that fails is told of, and the others go on. Small ones are not kept: they tell nothing. */
async function run(all: readonly Row[]): Promise<void> {
  const scale = values.smoke ? SMOKE : FULL;
  for (const [index, row] of all.entries()) {
    const began = performance.now();
    try {
      const outcome = await row.run(scale, (step) => progress(`${index + 1} of ${all.length}, ${row.name}: ${step}`));
      const took = (performance.now() - began) / 1000;
      progress('');
      console.log(`${tableOf(row, outcome)}\n  took ${took.toFixed(0)} s\n`);
      if (scale === FULL) keepResult(rows, row, outcome, took);
    } catch (error) {
      progress('');
      console.error(`${row.name} failed:`, error, '\n');
      process.exitCode = 1;
      await stopLeftovers();
    }
  }
  if (scale === FULL) drawCharts();
  await stopServices();
}

/** One line that is written over; nothing where nobody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
