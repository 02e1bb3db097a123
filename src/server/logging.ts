import { pino } from 'pino';
import type { Config } from '../config/config.ts';
import { DatabaseHealth } from '../database/health.ts';
import { Conditions } from '../monitoring/conditions.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import { describeError } from '../operation/describe-error.ts';
import type { Log } from '../transports/call.ts';
import { type Output, stuckBecause } from './output.ts';

/** Reports an error that no call is answered with. */
type Report = (error: unknown, doing: string) => void;

/** The log and the conditions, which the server reports to operators. */
export type Logging = Readonly<{ log: Log; conditions: Conditions; health: DatabaseHealth; report: Report }>;

/** @param output where the log is written; that it cannot be written is a condition too */
export function createLogging({ logLevel }: Config, output: Output, { logLineLost }: Metrics): Logging {
  const logger = pino({ level: logLevel }, output);
  const conditions = new Conditions(logger);
  const health = new DatabaseHealth(conditions);
  output.watch({
    stuck: (code) => conditions.begin('log_stuck', { cause: stuckBecause(code), code }),
    lineLost: logLineLost,
    flowing: (lost) => conditions.end('log_stuck', { lost }),
  });
  const report: Report = (error, doing) => {
    if (!health.failed(error)) logger.error({ err: describeError(error), doing }, 'failed');
  };
  return { log: Object.assign(logger, { databaseFailed: health.failed }), conditions, health, report };
}
