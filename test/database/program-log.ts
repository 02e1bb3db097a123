import type { Program } from '../config/program.ts';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

/** The log of a program; every line that begins like JSON has to be JSON. */
export const linesOf = (program: Pick<Program, 'output'>): LogLine[] =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

/** The lines of one condition so far. */
export const linesOfCondition = (program: Pick<Program, 'output'>, condition: string): LogLine[] =>
  linesOf(program).filter((line) => line.condition === condition);
