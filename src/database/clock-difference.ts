import { hostname } from 'node:os';
import type { Conditions } from '../monitoring/conditions.ts';
import type { Clock } from './clock.ts';

/** Smaller differences are not reported. */
const REPORTED_FROM_MS = 5_000;
const MS_PER_SEC = 1_000;

/** Reports when the clocks of this computer and of the database differ, and when they agree again. To be called regularly. */
export async function compareClocks(clock: Clock, conditions: Pick<Conditions, 'begin' | 'end'>): Promise<void> {
  const ahead = await clock.compare().catch(() => undefined); // the database is unavailable, which is reported elsewhere
  if (ahead === undefined) return;
  if (Math.abs(ahead) <= REPORTED_FROM_MS) return conditions.end('clock_differs');
  const [sec, code] = [Math.round(Math.abs(ahead) / MS_PER_SEC), ahead > 0 ? 'ahead' : 'behind'];
  const relation = ahead > 0 ? 'ahead of' : 'behind';
  conditions.begin('clock_differs', {
    cause: `the clock of ${hostname()} is ${sec} s ${relation} the database's`,
    code,
  });
}
