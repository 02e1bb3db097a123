import type { Server } from 'node:http';
import type Router from '@koa/router';
import type { Config } from '../config/config.ts';
import type { DatabaseHealth } from '../database/health.ts';
import type { DatabaseProbe } from '../database/probe.ts';
import { ChatError } from '../operation/errors.ts';
import { urlOf } from '../server/listening.ts';
import { isLocalRequest } from '../transports/http/local-request.ts';
import { operatingPages, type Pages } from './endpoints.ts';
import { addGauges, type Watched } from './gauges.ts';
import { listenForOperators } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { readinessOf } from './readiness.ts';

export type Operators = {
  /** The URL of `/metrics`, if it has a separate address. */
  readonly url: string | undefined;
  close(): void;
};

/** The pages for operators: health, readiness and metrics. */
export async function createOperatorPages(
  metrics: Metrics,
  watched: Watched & { probe: DatabaseProbe; health: DatabaseHealth },
  { redis }: Config,
): Promise<Pages> {
  addGauges(metrics, watched);
  const { context, broker, probe, health } = watched;
  const readiness = readinessOf({
    askDatabase: probe.check,
    databaseFailed: health.failed,
    databaseChecks: { writer: () => !context.changes.isStuck },
    pendingMigrations: async () => (await context.database.orm.migrator.getPending()).length,
    redisIsHealthy: redis === undefined ? undefined : () => broker.isHealthy,
    draining: () => context.inFlight.draining,
  });
  return operatingPages(() => metrics.scrape(), readiness);
}

/**
 * Serves the pages on the address of the API: the metrics for this machine only, and not if they have a separate
 * address.
 */
export const serveOperatorPages =
  (pages: Pages, { operators }: Config) =>
  (router: Router) => {
    for (const [path, page] of Object.entries(pages)) {
      router.get(path, async (ctx) => {
        if (path === '/metrics' && (operators !== undefined || !isLocalRequest(ctx.req)))
          throw new ChatError('unknown_route');
        const { status, type, body } = await page();
        ctx.set('Cache-Control', 'no-store');
        Object.assign(ctx, { status, type, body });
      });
    }
  };

/** Listens on the operators' separate address, METRICS_ADDR, if it is set. */
export async function startOperatorListener(pages: Pages, { operators }: Config): Promise<Operators> {
  if (operators === undefined) return { url: undefined, close: () => undefined };
  const server: Server = await listenForOperators(pages, operators).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot listen on METRICS_ADDR: ${error.code}`);
  });
  return {
    url: `${urlOf(server, operators.host)}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
