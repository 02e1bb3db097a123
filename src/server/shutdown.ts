import type { Claim } from '../installation/claim.ts';
import { describeError } from '../operation/describe-error.ts';
import type { Log } from '../transports/call.ts';
import { allSent, pollingConnections } from '../transports/drain-connections.ts';
import type { Listeners } from '../transports/serve.ts';
import { closeConnections } from './listening.ts';
import type { Services } from './services.ts';

/** How long each step may take, in their order. Most take almost no time. */
const STEP_MS = {
  finish: 5_500,
  polling: 1_500,
  connections: 4_500,
  http: 2_500,
  presence: 1_000,
  mail: 2_500,
  broker: 1_000,
  claim: 500,
  database: 1_000,
};
const MAIL_WITHIN_MS = 2_000;
/** All steps together: supervisors kill a process after 10 s. */
const STOP_WITHIN_MS = 8_500;
/** Even a step for which no time is left gets this much. */
const MIN_STEP_MS = 50;

/** Finishes calls in flight, ends the clients' connections so that they reconnect, and closes everything. Never rejects. */
export async function shutDown(services: Services, listeners: Listeners, claim: Claim | undefined): Promise<void> {
  const { io, log, conditions, health, context, broker, database } = services;
  const { http } = listeners;
  const { mail } = context.accounts;
  const step = stepper(log);
  const finished = context.inFlight.finish();
  const polling = pollingConnections(io);
  if (polling.length === 0) http.close();
  await step('finishing calls in flight', STEP_MS.finish, () => finished);
  // clients of long polling fetch their answers by further requests
  await step('waiting for long polling', STEP_MS.polling, () => Promise.all(polling.map(allSent)));
  if (http.listening) http.close();
  await step('ending connections', STEP_MS.connections, listeners.endConnections);
  context.typing.close();
  context.userUpdates.close();
  await step('closing the HTTP server', STEP_MS.http, () => closeConnections(http));
  await step('writing when users were last seen', STEP_MS.presence, () => context.presence.close());
  await step('sending emails', STEP_MS.mail, () => mail.drain(MAIL_WITHIN_MS));
  mail.close();
  await step('closing the broker', STEP_MS.broker, () => broker.close());
  await step('releasing the claim on the database', STEP_MS.claim, () => claim?.release());
  await step('closing the database', STEP_MS.database, () => database.close());
  health.close();
  conditions.close();
  listeners.closeMetrics(); // until now `/readyz` there says that the server is stopping
}

/** Runs steps; one that fails, or takes too long because what it needs is unavailable, is logged and abandoned. */
function stepper(log: Pick<Log, 'warn'>) {
  const until = performance.now() + STOP_WITHIN_MS;
  return async (doing: string, withinMs: number, run: () => Promise<unknown> | unknown): Promise<void> => {
    const ms = Math.max(MIN_STEP_MS, Math.min(withinMs, until - performance.now()));
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      log.warn({ doing, ms: Math.round(ms) }, 'stopping goes on without this');
      resolve();
    }, ms);
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      log.warn({ doing, err: describeError(error) }, 'stopping goes on without this');
    } finally {
      clearTimeout(timer);
    }
  };
}
