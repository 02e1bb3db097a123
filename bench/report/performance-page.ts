import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoalResult, isMet } from '../measurement/goals.ts';
import type { Result } from './results.ts';
import { goalText, valueText } from './table.ts';

const PAGE = join(import.meta.dirname, '../../docs/performance.md');
const [BEGIN, END] = ['<!-- results: written by npm run bench -- --write-docs -->', '<!-- end of results -->'];

/** Writes the scenarios, goals and results between the markers of docs/performance.md. */
export function writePerformancePage(results: readonly Result[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has no markers for the results');
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n\n${sectionOf(results)}\n\n${page.slice(end)}`);
}

/** A table of the scenarios, a table of the results, and when and on which machine these were measured. */
export function sectionOf(results: readonly Result[]): string {
  const scenarios = results.map(({ name, about }) => `| \`${name}\` | ${about} |`);
  const all = results.flatMap(({ name, goals }) => goals.map((goal) => ({ name, goal })));
  const lines = [...Map.groupBy(all, ({ goal }) => `${goal.about} | ${goalText(goal)}`)].map(
    ([goal, measured]) =>
      `| ${listed(measured, ({ name }) => `\`${name}\``)} | ${goal} | ${listed(measured, (each) => valueText(each.goal))} | ${listed(measured, (each) => verdictOf(each.goal))} |`,
  );
  const origins = [...Map.groupBy(results, originOf)].map(([origin, from], _, { length }) =>
    length === 1 ? `Measured ${origin}.` : `${listed(from, ({ name }) => `\`${name}\``)}: measured ${origin}.`,
  );
  return [
    ...['| Scenario | What it does |', '| --- | --- |', ...scenarios, ''],
    ...['| Scenario | Figure | Goal | Result | Met |', '| --- | --- | --- | --- | --- |', ...lines, ''],
    ...origins,
  ].join('\n');
}

const listed = <T>(items: readonly T[], textOf: (item: T) => string) => items.map(textOf).join(', ');
const verdictOf = (goal: GoalResult) => (isMet(goal) ? 'yes' : '**no**');

/** The date and the machine of a result. */
function originOf({ date, machine: { cores, cpu, memoryGb, kernel, versions } }: Result): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `on ${date.slice(0, 10)} with ${cores} cores (${cpu}), ${memoryGb} GB, Linux ${kernel}; ${all.join(', ')}`;
}
