import type { FigureComparison } from '../compare-checkouts.ts';
import { type Goal, type GoalResult, isMet } from '../measurement/goals.ts';
import type { Measurement } from '../measurement/interleave.ts';
import type { Outcome, Scenario } from '../scenario.ts';

type Column = { title: string; figure: string; show(value: number): string };

const number = (digits: number) => (value: number) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const short = (value: number) => number(value >= 1_000 ? 0 : value >= 10 ? 1 : 2)(value);

/** The figures that have a column; a table has the columns of its scenario's figures. */
const COLUMNS: readonly Column[] = [
  { title: 'operations/s', figure: 'rate', show: number(0) },
  { title: 'p50 ms', figure: 'p50', show: short },
  { title: 'p99 ms', figure: 'p99', show: short },
  { title: 'CPU µs/operation', figure: 'cpu', show: short },
  { title: 'deliveries/s', figure: 'deliveryRate', show: number(0) },
  { title: 'CPU µs/delivery', figure: 'deliveryCpu', show: short },
  { title: 'cores busy', figure: 'busy', show: number(2) },
  { title: 'refused/s', figure: 'refused', show: number(0) },
  { title: 'seconds', figure: 'seconds', show: number(2) },
  { title: 'logins/s', figure: 'loginRate', show: number(1) },
  { title: 'bytes/connection', figure: 'bytes', show: number(0) },
  { title: 'resident bytes/connection', figure: 'residentBytes', show: number(0) },
  { title: 'memory MB', figure: 'memory', show: (bytes) => number(0)(bytes / 1e6) },
];

/** The outcome of a scenario as text for a terminal. */
export function tableOf({ name, about }: Pick<Scenario, 'name' | 'about'>, { contenders, goals }: Outcome): string {
  const columns = COLUMNS.filter(({ figure }) => contenders.some(({ figures }) => figure in figures));
  const lines = columns.length > 0 ? lineEach(contenders, columns) : columnEach(contenders);
  return [`${name} – ${about}`, ...layOut(lines), ...goals.map((goal) => `  ${verdictOf(goal)}`)].join('\n');
}

/** A comparison of two checkouts as text for a terminal. */
export function comparisonTableOf(
  { name, about }: Pick<Scenario, 'name' | 'about'>,
  comparisons: readonly FigureComparison[],
): string {
  const lines = comparisons.map(({ contender, figure, here, there, ratio, spread: [low, high] }) => {
    const { title, show } = COLUMNS.find((column) => column.figure === figure) ?? { title: figure, show: short };
    return [
      `${contender}: ${title}`,
      show(here),
      show(there),
      ratio.toFixed(3),
      `${low.toFixed(3)}–${high.toFixed(3)}`,
    ];
  });
  const head = ['', 'this checkout', 'other checkout', 'ratio', 'quartiles'];
  return [`${name} – ${about}`, ...layOut([head, ...lines])].join('\n');
}

const lineEach = (contenders: readonly Measurement[], columns: readonly Column[]) => [
  ['', ...columns.map(({ title }) => title)],
  ...contenders.map((contender) => cellsOf(contender, columns)),
];

/** For figures that are latencies by operation: one line per operation, one column per contender. */
function columnEach(contenders: readonly Measurement[]): string[][] {
  const names = [...new Set(contenders.flatMap(({ figures }) => Object.keys(figures)))];
  const cell = (value: number | undefined) => (value === undefined ? '' : `${short(value)} ms`);
  return [
    ['', ...contenders.map(({ name }) => name)],
    ...names.map((name) => [name, ...contenders.map(({ figures }) => cell(figures[name]))]),
  ];
}

function layOut(lines: readonly string[][]): string[] {
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? [];
  const padded = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
  );
  return padded.map((line) => `  ${line.join('   ')}`);
}

const cellsOf = ({ name, figures }: Measurement, columns: readonly Column[]) => [
  name,
  ...columns.map(({ figure, show }) => (figure in figures ? show(figures[figure] as number) : '')),
];

/** A goal as text, such as `≤ 25 ms`. */
export const goalText = (goal: Goal) =>
  `${'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`}${goal.unit === undefined ? '' : ` ${goal.unit}`}`;

/** The measured value with the unit of its goal. */
export const valueText = ({ value, unit }: GoalResult) => `${value.toFixed(2)}${unit === undefined ? '' : ` ${unit}`}`;

function verdictOf(goal: GoalResult): string {
  const spread = goal.runs.map((value) => value.toFixed(2)).join(' ');
  return `${isMet(goal) ? '✓' : '✗'} ${goal.about}: ${valueText(goal)} (goal ${goalText(goal)}; runs ${spread})`;
}
