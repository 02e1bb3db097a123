import { sweepFormerNames } from '../accounts/former-names.ts';
import { compareClocks } from '../database/clock-difference.ts';
import { closeEndedSessions } from '../delivery/missed-effects.ts';
import { DisconnectedServers } from '../installation/disconnected-servers.ts';
import type { Conditions } from '../monitoring/conditions.ts';
import type { Admission } from '../transports/admission.ts';
import { expiredCloser } from '../transports/close-expired.ts';
import type { Services } from './services.ts';

const SWEEP_MS = 60_000;
const EXPIRED_MS = 1_000;
const WRITER_MS = 1_000;
const CLOCK_MS = 5_000;
const ENDED_SESSIONS_MS = 2_000;
const DISCONNECTED_SERVERS_MS = 5_000;
const EPOCH_MS = 2_000;

/**
 * Starts what a server does regularly: it deletes what has expired, and checks what no event reports. Failures are reported,
 * and the work is repeated at its next time.
 * @returns a function that stops it
 */
export function startPeriodicWork(services: Services, admission: Admission): () => void {
  const { config, context, delivery, broker, conditions, report } = services;
  const { database, changes } = context;
  const { sessions, codes } = context.accounts;
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, doing: string, work: () => Promise<unknown>) => {
    timers.push(setInterval(() => void work().catch((error) => report(error, doing)), ms).unref());
  };
  every(EXPIRED_MS, 'looking for expired sessions', expiredCloser(delivery, sessions.renewal, database.now));
  every(WRITER_MS, 'looking at the writer', async () => noteWriter(changes.isStuck, conditions));
  every(SWEEP_MS, 'sweeping', () => Promise.all([sessions.sweep(), codes.sweep(), sweepFormerNames(database)]));
  every(CLOCK_MS, 'comparing clocks', () => compareClocks(database.clock, conditions));
  every(ENDED_SESSIONS_MS, 'looking for ended sessions', async () => {
    if (!broker.isCurrent) await closeEndedSessions(delivery, sessions);
  });
  every(EPOCH_MS, 'recovering after a restore', restoreRecovery(services, admission));
  if (config.redis !== undefined && database.kind === 'postgresql') {
    const disconnected = new DisconnectedServers(database, conditions);
    every(DISCONNECTED_SERVERS_MS, 'looking for other servers', () => disconnected.check(broker));
  }
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

function noteWriter(isStuck: boolean, conditions: Conditions): void {
  if (!isStuck) return conditions.end('writer_stuck');
  conditions.begin('writer_stuck', { cause: 'A transaction has been in progress for more than 5 s.' });
}

/** Notices that a backup was restored while this server runs, and lets its clients start over. */
function restoreRecovery(
  { context, delivery, installation, log }: Services,
  admission: Admission,
): () => Promise<void> {
  const { sessions } = context.accounts;
  let restored = false;
  return async () => {
    // nothing can be read while the database is unavailable, or being restored
    restored ||= await installation.look().catch(() => false);
    if (!restored) return;
    sessions.forgetAll();
    delivery.forgetMembers();
    await closeEndedSessions(delivery, sessions);
    await admission.rejoinAll();
    delivery.promptSync(context.database.now());
    log.warn({}, 'a backup was restored: clients are asked to sync, and drop what they had seen since');
    restored = false;
  };
}
