import { type GoalResult, isMet } from '../measurement/goals.ts';
import type { Measurement } from '../measurement/interleave.ts';
import type { Result } from './results.ts';
import { BAD, bar, GOOD, INK, line, picture, polyline, SERIES, text } from './svg.ts';
import { goalText, valueText } from './table.ts';

const WIDTH = 900;
const TOP = 34;
const ROW = 20;
const BAR = 12;
const LABELS = 470;
const NUMBERS = 120;

/** Each result as a factor of its goal, on a logarithmic axis: 1 is the goal, and more is better. */
export function goalsChart(results: readonly Result[]): string {
  const goals = results.flatMap(({ name, goals: all }) => all.map((goal) => ({ name, goal })));
  const most = 8;
  const [left, right] = [LABELS, WIDTH - NUMBERS];
  const at = (factor: number) =>
    left + ((Math.log2(Math.min(most, Math.max(1 / most, factor))) + 3) / 6) * (right - left);
  const parts = goals.flatMap(({ name, goal }, index) => {
    const y = TOP + index * ROW;
    const [from, to] = [at(1), at(factorOf(goal))].sort((a, b) => a - b) as [number, number];
    return [
      text(LABELS - 8, y + BAR, short(`${name}: ${goal.about}`), { size: 11, anchor: 'end' }),
      bar(from, y + 2, to - from, BAR, isMet(goal) ? GOOD : BAD),
      text(right + 8, y + BAR, `${valueText(goal)} (${goalText(goal)})`, { size: 11 }),
    ];
  });
  const height = TOP + goals.length * ROW + 24;
  const axis = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].flatMap((factor) => [
    line(at(factor), TOP, at(factor), height - 20, INK, factor === 1 ? '' : '1 5'),
    text(at(factor), height - 6, factor === 1 ? 'goal' : `×${factor}`, { size: 10, anchor: 'middle' }),
  ]);
  return picture(WIDTH, height, 'Results relative to their goals (right of the line: better than the goal)', [
    ...axis,
    ...parts,
  ]);
}

const factorOf = (goal: GoalResult) =>
  'atLeast' in goal ? goal.value / goal.atLeast : goal.atMost / Math.max(goal.value, Number.EPSILON);

const LONGEST_LABEL = 84;
const short = (label: string) => (label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label);

type Bars = { title: string; figure: string; unit: string };

/** One figure of every scenario that has it: a bar per contender, scaled within each scenario. */
export function barsChart(results: readonly Result[], { title, figure, unit }: Bars): string | undefined {
  const withFigure = results.filter(({ contenders }) => contenders.every(({ figures }) => figure in figures));
  if (withFigure.length === 0) return undefined;
  const parts: string[] = [];
  let y = TOP;
  for (const { name, contenders } of withFigure) {
    parts.push(text(0, y + BAR, name, { size: 11, weight: 600 }));
    const most = Math.max(...contenders.map(({ figures }) => figures[figure] ?? 0));
    for (const [index, contender] of contenders.entries()) {
      parts.push(...barOf(contender, contender.figures[figure] ?? 0, most, y, unit, index));
      y += ROW;
    }
    y += ROW / 2;
  }
  return picture(WIDTH, y, title, parts);
}

function barOf({ name }: Measurement, value: number, most: number, y: number, unit: string, index: number): string[] {
  const left = LABELS - 60;
  const width = (value / most) * (WIDTH - NUMBERS - left);
  return [
    text(left - 8, y + BAR, name, { size: 11, anchor: 'end' }),
    bar(left, y + 2, width, BAR, SERIES[index % SERIES.length] ?? INK),
    text(left + width + 6, y + BAR, `${Number(value.toPrecision(3)).toLocaleString('en')} ${unit}`, { size: 11 }),
  ];
}

const PLOT_HEIGHT = 320;
const PLOT_RIGHT = WIDTH - 230;
const PLOT_LEFT = 60;

/** The latency of each operation by size of the database, on a logarithmic axis. */
export function growthChart({ name, contenders }: Result): string {
  const operations = Object.keys(contenders[0]?.figures ?? {});
  const values = contenders.flatMap(({ figures }) => operations.map((operation) => figures[operation] ?? 1));
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const bottom = TOP + PLOT_HEIGHT;
  const x = (index: number) => PLOT_LEFT + (index / Math.max(1, contenders.length - 1)) * (PLOT_RIGHT - PLOT_LEFT);
  const y = (ms: number) => bottom - ((Math.log10(ms) - low) / Math.max(1, high - low)) * PLOT_HEIGHT;
  const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const axes = [
    ...decades.flatMap((ms) => [
      line(PLOT_LEFT, y(ms), PLOT_RIGHT, y(ms), INK, '1 5'),
      text(PLOT_LEFT - 8, y(ms) + 4, `${ms} ms`, { size: 10, anchor: 'end' }),
    ]),
    ...contenders.map((contender, index) =>
      text(x(index), bottom + 18, contender.name, { size: 11, anchor: 'middle' }),
    ),
  ];
  const lines = operations.flatMap((operation, index) => {
    const colour = SERIES[index % SERIES.length] ?? INK;
    const points = contenders.map(({ figures }, at): [number, number] => [x(at), y(figures[operation] ?? 1)]);
    const legend = TOP + 14 + index * ROW;
    return [
      polyline(points, colour),
      bar(PLOT_RIGHT + 20, legend - 9, 12, 10, colour),
      text(PLOT_RIGHT + 38, legend, operation, { size: 11 }),
    ];
  });
  return picture(WIDTH, bottom + 30, `${name}: milliseconds per operation, by size of the database`, [
    ...axes,
    ...lines,
  ]);
}
