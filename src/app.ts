import type { Config } from './config/config.ts';
import { ConnectionWatch } from './database/postgresql/connection-watch.ts';
import { Claim } from './installation/claim.ts';
import { Installation } from './installation/installation.ts';
import { Metrics } from './monitoring/metrics.ts';
import { operations } from './operations.ts';
import type { OperationName } from './protocol.ts';
import type { Dependencies } from './server/dependencies.ts';
import { listen, urlOf } from './server/listening.ts';
import { createLogging } from './server/logging.ts';
import { openDatabase } from './server/open-database.ts';
import { Output } from './server/output.ts';
import { createServices } from './server/services.ts';
import { shutDown } from './server/shutdown.ts';
import { summaryOf } from './server/startup-summary.ts';
import { startTransports } from './transports/serve.ts';

export type App = {
  /** Where it listens, e.g. `http://localhost:8080`. */
  readonly url: string;
  /** Lines about the server for the person who started it. */
  readonly summary: readonly string[];
  /** Finishes calls in flight, has the clients reconnect, and closes everything; within 9.5 s. Never rejects. */
  stop(): Promise<void>;
};

/**
 * Starts a server. Each call starts one of its own.
 * @param output where the log is written, and emails of the development outbox
 * @throws Error if the database or Redis cannot be used, or the port is taken
 */
export async function createApp(config: Config, output = new Output(1)): Promise<App> {
  const metrics = new Metrics(Object.keys(operations) as OperationName[]);
  const logging = createLogging(config, output, metrics);
  const watch = new ConnectionWatch(config.times.databaseSilentMs);
  const database = await openDatabase(config.database, { ...logging, watch });
  let claim: Claim | undefined;
  try {
    const lock = await database.lock(config.redis !== undefined);
    claim = lock && (await Claim.make(lock, logging.conditions));
    const installation = await Installation.read(database);
    return await start({ ...logging, config, output, metrics, database, installation }, claim);
  } catch (error) {
    await claim?.release();
    await database.close();
    throw error;
  }
}

async function start(dependencies: Dependencies, claim: Claim | undefined): Promise<App> {
  const { config, database } = dependencies;
  const services = await createServices(dependencies);
  const listeners = await startTransports(services);
  const { http, metricsUrl } = listeners;
  const stop = () => shutDown(services, listeners, claim);
  try {
    await listen(http, config.http);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = urlOf(http, config.http.host);
  const summary = summaryOf(config, services.context.accounts.mail, url, { metricsUrl, created: database.created });
  return { url, summary, stop };
}
