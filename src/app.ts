import type { Server as HttpServer } from 'node:http';
import { type Logger, pino } from 'pino';
import { Server } from 'socket.io';
import { KnownOrigins } from './accounts/known-origins.ts';
import { sweepLeftNames } from './accounts/left-names.ts';
import { countedInRedis, type SharedStore } from './accounts/limiters.ts';
import { Limits } from './accounts/limits.ts';
import { createMail } from './accounts/mail.ts';
import { OneTimeCodes } from './accounts/one-time-codes.ts';
import { Passwords } from './accounts/passwords.ts';
import { Sessions } from './accounts/sessions.ts';
import { Tokens } from './accounts/tokens.ts';
import { UserUpdates } from './accounts/user-updates.ts';
import type { ChatServer } from './chat-server.ts';
import { type Cluster, STANDSTILL_MS } from './cluster/cluster.ts';
import { type Connect, dismissEnded, joinCluster } from './cluster/join.ts';
import { redisBus } from './cluster/redis-bus.ts';
import { redisClient } from './cluster/redis-clients.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { GroupCommit } from './conversations/group-commit.ts';
import { Database } from './database.ts';
import { Delivery } from './delivery.ts';
import { describeError } from './describe-error.ts';
import { serveDocumentation } from './documentation/serve.ts';
import { HeavyCalls } from './heavy-calls.ts';
import { closeConnections, listen, urlOf } from './listening.ts';
import { Metrics } from './operating/metrics.ts';
import { type Operators, openToOperators, pagesForOperators, serveOperators } from './operating/operating.ts';
import { operations } from './operations.ts';
import { Presence } from './presence/presence.ts';
import { Typing } from './presence/typing.ts';
import { SecurityLog } from './security-log.ts';
import { summaryOf } from './summary.ts';
import { Admission } from './transports/admission.ts';
import { BackPressure } from './transports/back-pressure.ts';
import { Connections } from './transports/connections.ts';
import {
  allSent,
  drainConnections,
  type EngineConnection,
  endConnection,
  pollingConnections,
} from './transports/drain-connections.ts';
import { Engine } from './transports/engine.ts';
import { ENTER_WITHIN_MS } from './transports/engine-limits.ts';
import { EngineRequests, isEngineRequest } from './transports/engine-requests.ts';
import { Turn } from './transports/frame-writer.ts';
import { httpApp } from './transports/http.ts';
import { createHttpServer } from './transports/http-server.ts';
import { guardNamespaceEntry } from './transports/namespace-entry.ts';
import { letGoOfRequests } from './transports/opening-request.ts';
import { Origins } from './transports/origins.ts';
import { pagesOf } from './transports/pages.ts';
import { answerProtocolErrors } from './transports/protocol-errors.ts';
import { RawWebSockets } from './transports/raw-websocket.ts';
import { logRefusedOrigins } from './transports/refused-origins.ts';
import { connectionsOf, MOST_WAITING_BYTES, SlowReaders } from './transports/slow-readers.ts';
import { serveSockets } from './transports/sockets.ts';
import { serveUpgrades } from './transports/upgrades.ts';
import { writeTogether } from './transports/write-together.ts';
import { Work } from './work.ts';

export type App = {
  /** Where it listens, e.g. `http://localhost:8080`. */
  readonly url: string;
  /** What a person who starts it wants to know, in lines. */
  readonly summary: readonly string[];
  /** Finishes what is under way, tells the clients to reconnect, and closes everything; within 10 s. */
  stop(): Promise<void>;
};
type Report = (error: unknown, doing: string) => void;
type House = Readonly<{
  config: Config;
  log: Logger;
  report: Report;
  work: Work;
  io: ChatServer;
  turn: Turn;
  http: HttpServer;
  engine: Engine;
  metrics: Metrics;
}>;
type Inside = Readonly<{
  context: Context;
  delivery: Delivery;
  connections: Connections;
  cluster: Cluster | undefined;
}>;
type Doors = Readonly<{ close: () => Promise<void>; operators: Operators }>;

const SWEEP_MS = 60_000;
const EXPIRY_LOOK_MS = 1_000;
const UNHEARD_LOOK_MS = 2_000;
const MAIL_WITHIN_MS = 2_000;

/**
 * Builds the whole house and opens its door. Each call gives a server of its own.
 * @throws whatever keeps it from starting: a database or Redis out of reach, a port that is taken
 */
export async function createApp(config: Config): Promise<App> {
  const log = pino({ level: config.logLevel });
  const report: Report = (error, doing) => log.error({ err: describeError(error), doing }, 'failed');
  const work = new Work();
  const metrics = new Metrics(operations);
  const { io, engine } = socketServer(config);
  // with other nodes, a removal made elsewhere may be unknown here while this process is paused
  const turn = config.redis === undefined ? new Turn() : new Turn(STANDSTILL_MS);
  const house: House = { config, log, report, work, io, turn, http: createHttpServer(), engine, metrics };
  const database = await Database.open(config.database);
  try {
    answerProtocolErrors(house.http);
    const inside = await furnish(house, database);
    const doors = await openDoors(house, inside);
    const stop = () => close(house, inside, doors);
    await listen(house.http, config.http).catch((error) => stop().then(() => Promise.reject(error)));
    const url = urlOf(house.http, config.http.host);
    return { url, summary: summaryOf(config, inside.context.accounts.mail, url, doors.operators.url), stop };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function socketServer({ corsOrigins }: Config): { io: ChatServer; engine: Engine } {
  const io: ChatServer = new Server({ serveClient: false, connectTimeout: ENTER_WITHIN_MS });
  const engine = new Engine({
    cors: { origin: [...corsOrigins], credentials: true },
  });
  io.bind(engine);
  return { io, engine };
}

/** Everything behind the doors. */
async function furnish(house: House, database: Database): Promise<Inside> {
  const { config, log, report, work, io, turn, metrics } = house;
  const { connect, store } = sharingOf(house);
  const delivery: Delivery = new Delivery(io, (userId, sessionId) => sessions.forget(userId, sessionId), metrics, turn);
  const tokens = new Tokens(config.tokens.secret);
  const hearsEndings = () => cluster?.healthy !== false;
  const sessions = new Sessions(database, tokens, config.tokens.ttlMinutes, delivery.deliver, hearsEndings);
  const presence = new Presence(database, delivery.deliverHere, delivery.anyOtherIn, report);
  const { enabled, connectionsPerUser } = config.limits;
  const connections = new Connections(enabled ? connectionsPerUser : Number.POSITIVE_INFINITY);
  const typing = new Typing(delivery.deliver);
  const inside = { database, delivery, presence, typing, connections, sessions };
  const cluster = connect && (await joinCluster({ connect, ...inside, observer: metrics, report }));
  const security = new SecurityLog(log, operations);
  const context: Context = {
    database,
    accounts: {
      sessions,
      codes: new OneTimeCodes(database, tokens, config.otp),
      origins: new KnownOrigins(tokens),
      passwords: new Passwords(config.passwords.cost),
      mail: createMail(config.mail, log),
    },
    limits: new Limits(config.limits, store, security),
    presence,
    typing,
    userUpdates: new UserUpdates(database, delivery.deliver, report),
    changes: new GroupCommit(database, delivery.deliver, metrics),
    observer: metrics,
    security,
    heavy: new HeavyCalls(),
    receiptsWanted: () => delivery.wantsReceipts() || cluster?.receiptsWanted === true,
    reading: delivery.removals.reading,
    draining: () => work.draining,
    working: (promise) => work.track(promise),
  };
  return { context, delivery, connections, cluster };
}

/** How this node shares with the others, if there are any. */
function sharingOf({ config: { redis }, log, io }: House): { connect?: Connect; store?: SharedStore } {
  if (redis === undefined) return {};
  const another = () => redisClient(redis);
  const publisher = another();
  return {
    connect: (report) => redisBus(io, { publisher, another }, log, report),
    store: countedInRedis(publisher),
  };
}

/** Opens every way in, but for the port. */
async function openDoors(house: House, { context, delivery, connections, cluster }: Inside): Promise<Doors> {
  const { config, log, report, io, turn, http, engine, metrics } = house;
  const { trustedProxies } = config;
  const origins = new Origins(config, logRefusedOrigins(log, trustedProxies));
  const admission = new Admission({ context, delivery, connections, log });
  const pressure = new BackPressure(context.changes);
  const raw = new RawWebSockets({
    io,
    turn,
    context,
    connections,
    admission,
    pressure,
    trustedProxies,
    log,
  });
  const watched = { io, context, cluster, rawConnections: () => raw.size };
  const forOperators = await pagesForOperators(metrics, watched, config);
  const operators = await openToOperators(forOperators, config);
  const pages = [pagesOf(config, context), serveDocumentation, serveOperators(forOperators, config)];
  const rest = (await httpApp({ config, context, log, origins, pages })).callback();
  const engineRequests = new EngineRequests(engine, { origins, draining: context.draining, log });
  http.on('request', (request, response) =>
    isEngineRequest(request) ? engineRequests.serve(request, response) : void rest(request, response),
  );
  guardNamespaceEntry(io, log, trustedProxies);
  serveSockets(io, { context, admission, pressure, trustedProxies, log });
  serveUpgrades(http, { origins, engine: engineRequests, raw, log });
  const slow = new SlowReaders(io, metrics);
  letGoOfRequests(io);
  writeTogether(io, turn, { mostUnreadBytes: MOST_WAITING_BYTES, tooSlow: slow.cut });
  const { sessions, codes } = context.accounts;
  const regularly = (everyMs: number, doing: string, work: () => Promise<unknown>) =>
    setInterval(() => void work().catch((error) => report(error, doing)), everyMs).unref();
  const timers = [
    setInterval(() => delivery.closeExpired(), EXPIRY_LOOK_MS).unref(),
    regularly(SWEEP_MS, 'sweeping', () =>
      Promise.all([sessions.sweep(), codes.sweep(), sweepLeftNames(context.database.sql)]),
    ),
    regularly(UNHEARD_LOOK_MS, 'looking for ended sessions', async () => {
      if (cluster?.healthy === false) await dismissEnded(delivery, sessions);
    }),
  ];
  const close = async () => {
    for (const timer of timers) clearInterval(timer);
    slow.stop();
    await drainConnections([
      ...raw.closings(),
      ...connectionsOf<EngineConnection>(io).map((each) => () => endConnection(each)),
    ]);
    raw.stop();
    engine.close();
  };
  return { close, operators };
}

async function close({ http, work, io }: House, { context, cluster }: Inside, doors: Doors): Promise<void> {
  const { mail } = context.accounts;
  const finished = work.finish();
  const polling = pollingConnections(io);
  if (polling.length === 0) http.close();
  await finished;
  await Promise.all(polling.map(allSent)); // answers are fetched through the port
  if (http.listening) http.close();
  await doors.close();
  context.typing.close();
  context.userUpdates.close();
  await closeConnections(http);
  await context.presence.close();
  await mail.drain(MAIL_WITHIN_MS);
  mail.close();
  await cluster?.close();
  await context.database.close();
  doors.operators.close(); // until here they can see that it is stopping
}
