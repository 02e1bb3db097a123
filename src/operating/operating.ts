import type { Server } from 'node:http';
import type Router from '@koa/router';
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import { ChatError } from '../errors.ts';
import { urlOf } from '../listening.ts';
import { isLocalRequest } from '../local-request.ts';
import { addGauges, type Watched } from './gauges.ts';
import { listenForOperators } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { operatingPages, type Pages } from './pages.ts';
import { readinessOf } from './readiness.ts';

export type Operators = {
  /** Where `/metrics` is, if it has an address of its own. */
  readonly url: string | undefined;
  close(): void;
};

/** The pages for whoever operates the server: is it alive, is it ready, how is it doing. */
export async function pagesForOperators(metrics: Metrics, watched: Watched, { redis }: Config): Promise<Pages> {
  addGauges(metrics, watched);
  const { context, cluster } = watched;
  const pending = await context.database.orm.migrator.getPending();
  const readiness = readinessOf({
    askDatabase: () => sql`select 1`.execute(context.database.sql),
    redisIsHealthy: redis === undefined ? undefined : () => cluster?.healthy !== false,
    pendingMigrations: pending.length,
    draining: context.draining,
  });
  return operatingPages(() => metrics.scrape(), readiness);
}

/** Puts the pages beside the API. The numbers are for this machine alone there, and not there at all if they have their own address. */
export const serveOperators =
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

/** Opens the operators' own address, METRICS_ADDR, if there is one. */
export async function openToOperators(pages: Pages, { operators }: Config): Promise<Operators> {
  if (operators === undefined) return { url: undefined, close: () => undefined };
  const server: Server = await listenForOperators(pages, operators).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`METRICS_ADDR cannot be listened on: ${error.code}`);
  });
  return {
    url: `${urlOf(server, operators.host)}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
