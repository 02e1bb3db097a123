import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isReached } from '../row.ts';
import type { Result } from './results.ts';
import { goalText, valueText } from './table.ts';

const PAGE = join(import.meta.dirname, '../../docs/performance.md');
const [BEGIN, END] = ['<!-- results: written by npm run bench -- --write-docs -->', '<!-- end of results -->'];

/** Puts the goals, each beside what was reached, between the markers of docs/performance.md. */
export function writeDocs(results: readonly Result[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has lost its markers');
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n\n${sectionOf(results)}\n\n${page.slice(end)}`);
}

/** The table, and on which machines it was measured. */
export function sectionOf(results: readonly Result[]): string {
  const lines = results.flatMap(({ name, about, date, goals }) =>
    goals.map(
      (goal) =>
        `| \`${name}\` | ${about} | ${goal.about} | ${goalText(goal)} | ${valueText(goal)} | ${isReached(goal) ? 'yes' : '**no**'} | ${date.slice(0, 10)} |`,
    ),
  );
  const head = [
    '| Row | What is done | What is compared | Goal | Reached | Kept | Measured |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  const machines = new Set(results.map(machineText));
  return [...head, ...lines, '', ...[...machines].map((text) => `Measured on ${text}.`)].join('\n');
}

function machineText({ machine: { cores, cpu, memoryGb, kernel, versions } }: Result): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${memoryGb} GB, Linux ${kernel}; ${all.join(', ')}`;
}
