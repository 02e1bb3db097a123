import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Conditions } from '../../src/monitoring/conditions.ts';

export type ConditionLine = {
  condition: string;
  state: 'begun' | 'over';
  cause?: string;
  code?: string;
  next?: string;
};

/** The lines of a log about a condition, in order. */
export function conditionLines(output: string, condition: string): ConditionLine[] {
  return output
    .split('\n')
    .filter((line) => line.includes(`"condition":"${condition}"`))
    .map((line) => JSON.parse(line) as ConditionLine);
}

/** Conditions with a real log, written to memory. */
export function keptConditions() {
  let output = '';
  const kept = new Writable({
    write(chunk, _, done) {
      output += chunk;
      done();
    },
  });
  const conditions = new Conditions(pino(kept));
  return { conditions, lines: (condition: string) => conditionLines(output, condition) };
}
