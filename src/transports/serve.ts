import type { Server } from 'node:http';
import { serveDocumentation } from '../api-docs/serve.ts';
import { DatabaseProbe } from '../database/probe.ts';
import { createOperatorPages, serveOperatorPages, startOperatorListener } from '../monitoring/monitoring.ts';
import { operations as allOperations } from '../operations.ts';
import { serveAvatars } from '../pages/avatars.ts';
import { pagesOf } from '../pages/pages.ts';
import { startPeriodicWork } from '../server/periodic-work.ts';
import type { Services } from '../server/services.ts';
import { Admission } from './admission.ts';
import { BackPressure } from './back-pressure.ts';
import { drainConnections, type EngineConnection, endConnection } from './drain-connections.ts';
import { createHttpServer } from './http/http-server.ts';
import { answerProtocolErrors } from './http/protocol-errors.ts';
import { httpApp } from './http/rest.ts';
import { legacyOperations } from './legacy-fields/operations.ts';
import { Origins } from './origins.ts';
import { logRefusedOrigins } from './refused-origins.ts';
import { coalesceWrites } from './socketio/coalesce-writes.ts';
import { EngineRequests, isEngineRequest } from './socketio/engine-requests.ts';
import { guardNamespaceEntry } from './socketio/namespace-entry.ts';
import { connectionsOf, MOST_WAITING_BYTES, SlowReaders } from './socketio/slow-readers.ts';
import { serveSockets } from './socketio/socketio.ts';
import { serveUpgrades } from './upgrades.ts';
import { RawWebSockets } from './websocket/endpoint.ts';

export type Listeners = Readonly<{
  /** Serves everything, but does not listen yet. */
  http: Server;
  /** Where `/metrics` is, if METRICS_ADDR gives it an address of its own. */
  metricsUrl: string | undefined;
  /** Ends the connections of all clients, spread over up to 3 s. */
  endConnections(): Promise<void>;
  closeMetrics(): void;
}>;

/** Connects the services to REST, Socket.IO, plain WebSockets and the endpoints for operators. */
export async function startTransports(services: Services): Promise<Listeners> {
  const { config, context, broker, conditions, connections, buffer, delivery, health, log, metrics } = services;
  const { io, engine } = services;
  const { trustedProxies, times } = config;
  const http = createHttpServer();
  answerProtocolErrors(http);
  const origins = new Origins(config, logRefusedOrigins(log, trustedProxies));
  const admission = new Admission({ context, delivery, connections, log });
  const pressure = new BackPressure(context.changes);
  const calling = {
    context,
    operations: config.legacyFields ? legacyOperations(allOperations, config) : allOperations,
    log,
  };
  const raw = new RawWebSockets({ ...calling, io, buffer, connections, admission, pressure, trustedProxies, times });

  const probe = new DatabaseProbe(context.database, () => conditions.has('database_unavailable'));
  health.checkBy(probe.check);
  const watched = { io, context, broker, conditions, probe, health, rawConnections: () => raw.size };
  const forOperators = await createOperatorPages(metrics, watched, config);
  const operators = await startOperatorListener(forOperators, config);

  const forUsers = [pagesOf(config, context), serveAvatars(context), serveDocumentation(config)];
  const pages = [...forUsers, serveOperatorPages(forOperators, config)];
  const rest = (await httpApp({ ...calling, config, origins, pages })).callback();
  const engineRequests = new EngineRequests(engine, { origins, draining: () => context.inFlight.draining, log });
  http.on('request', (request, response) =>
    isEngineRequest(request) ? engineRequests.serve(request, response) : void rest(request, response),
  );
  serveUpgrades(http, { origins, engine: engineRequests, raw, log });

  guardNamespaceEntry(io, log, trustedProxies, times.loginWithinMs);
  serveSockets(io, { ...calling, admission, pressure, trustedProxies });
  const slow = new SlowReaders(io, metrics);
  coalesceWrites(io, buffer, { mostUnreadBytes: MOST_WAITING_BYTES, tooSlow: slow.cut });

  const stopPeriodicWork = startPeriodicWork(services, admission);
  return {
    http,
    metricsUrl: operators.url,
    closeMetrics: operators.close,
    async endConnections() {
      stopPeriodicWork();
      slow.stop();
      await drainConnections([
        ...raw.closings(),
        ...connectionsOf<EngineConnection>(io).map((each) => () => endConnection(each)),
      ]);
      raw.stop();
      engine.close();
    },
  };
}
