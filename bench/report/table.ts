import { type Goal, isReached, type Measured, type Outcome, type Reached, type Row } from '../row.ts';

type Column = { title: string; figure: string; show(value: number): string };

const number = (digits: number) => (value: number) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const short = (value: number) => number(value >= 1_000 ? 0 : value >= 10 ? 1 : 2)(value);

/** The figures that have a column of their own; a row shows those that it has. */
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

/** One row's outcome as text for a terminal. */
export function tableOf({ name, about }: Pick<Row, 'name' | 'about'>, { sides, goals }: Outcome): string {
  const columns = COLUMNS.filter(({ figure }) => sides.some(({ figures }) => figure in figures));
  const lines = columns.length > 0 ? sidesDown(sides, columns) : sidesAcross(sides);
  return [`${name} – ${about}`, ...layOut(lines), ...goals.map((goal) => `  ${verdictOf(goal)}`)].join('\n');
}

const sidesDown = (sides: readonly Measured[], columns: readonly Column[]) => [
  ['', ...columns.map(({ title }) => title)],
  ...sides.map((side) => cellsOf(side, columns)),
];

/** Where the figures are operations with their milliseconds: one line for each of them. */
function sidesAcross(sides: readonly Measured[]): string[][] {
  const names = [...new Set(sides.flatMap(({ figures }) => Object.keys(figures)))];
  const cell = (value: number | undefined) => (value === undefined ? '' : `${short(value)} ms`);
  return [
    ['', ...sides.map(({ name }) => name)],
    ...names.map((name) => [name, ...sides.map(({ figures }) => cell(figures[name]))]),
  ];
}

function layOut(lines: readonly string[][]): string[] {
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? [];
  const laid = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
  );
  return laid.map((line) => `  ${line.join('   ')}`);
}

const cellsOf = ({ name, figures }: Measured, columns: readonly Column[]) => [
  name,
  ...columns.map(({ figure, show }) => (figure in figures ? show(figures[figure] as number) : '')),
];

/** A goal as a person reads it, such as `≤ 25 ms`. */
export const goalText = (goal: Goal) =>
  `${'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`}${goal.unit === undefined ? '' : ` ${goal.unit}`}`;

/** What was reached, with the unit of its goal. */
export const valueText = ({ value, unit }: Reached) => `${value.toFixed(2)}${unit === undefined ? '' : ` ${unit}`}`;

function verdictOf(goal: Reached): string {
  const spread = goal.runs.map((value) => value.toFixed(2)).join(' ');
  return `${isReached(goal) ? '✓' : '✗'} ${goal.about}: ${valueText(goal)} (goal ${goalText(goal)}; runs ${spread})`;
}
