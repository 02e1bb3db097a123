import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { MAX_KEPT } from '../accounts/mail-carriers.ts';
import { NODES } from '../cluster/worker-bus.ts';
import type { Config } from '../config.ts';
import { Database } from '../database.ts';
import { onSignal } from '../leaving.ts';
import { Crew } from './crew.ts';
import { LETTERS } from './letters.ts';
import { Switchboard } from './switchboard.ts';
import { WriteTurns } from './write-turns.ts';

/** Each worker takes up to 9.5 s. */
const STOP_WITHIN_MS = 9_800;

/**
 * Serves with several processes: migrates, starts the workers, prints what the first of them says of itself, and stops
 * them all on a signal. What they share without Redis is counted and passed on here.
 * @throws whatever keeps it from starting, and Error with the reason of a worker that cannot start
 */
export async function runPrimary(config: Config): Promise<void> {
  await (await Database.open(config.database)).close(); // alone, and with one message if it cannot be done
  const folder = mkdtempSync(join(tmpdir(), 'mmchat-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const switchboard = new Switchboard(NODES, { topic: LETTERS, most: MAX_KEPT });
  const turns = new WriteTurns(switchboard);
  new RateLimiterClusterMaster();
  const log = pino({ level: config.logLevel });
  const crew = new Crew({ log, switchboard, folder, gone: ({ id }) => turns.gone(id) });
  onSignal(async () => process.exit((await crew.stop(STOP_WITHIN_MS)) ? 0 : 1));
  try {
    const first = await crew.start(1, config);
    await Promise.all(Array.from({ length: config.workers - 1 }, (_, index) => crew.start(index + 2, config)));
    console.log(first.summary.join('\n'));
  } catch (error) {
    await crew.stop(STOP_WITHIN_MS);
    throw error;
  }
}
