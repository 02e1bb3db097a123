import { createServer } from 'node:http';
import { pino } from 'pino';
import { Server } from 'socket.io';
import { Limits } from './accounts/limits.ts';
import { createMail } from './accounts/mail.ts';
import { OneTimeCodes } from './accounts/one-time-codes.ts';
import { outboxPage } from './accounts/outbox-page.ts';
import { Passwords } from './accounts/passwords.ts';
import { Sessions } from './accounts/sessions.ts';
import { Tokens } from './accounts/tokens.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { GroupCommit } from './conversations/group-commit.ts';
import { Database } from './database.ts';
import { type ChatServer, Delivery } from './delivery.ts';
import { closeConnections, listen, urlOf } from './listening.ts';
import { Presence } from './presence/presence.ts';
import { Typing } from './presence/typing.ts';
import { Connections } from './transports/connections.ts';
import { isAllowedOrigin } from './transports/credentials.ts';
import { httpApp } from './transports/http.ts';
import { RawWebSockets } from './transports/raw-websocket.ts';
import { SlowReaders } from './transports/slow-readers.ts';
import { serveSockets } from './transports/sockets.ts';
import { serveUpgrades } from './transports/upgrades.ts';
import { Work } from './work.ts';

export type App = {
  /** Where it listens, e.g. `http://localhost:8080`. */
  readonly url: string;
  /** What a person who starts it wants to know. */
  readonly summary: readonly string[];
  /** Finishes what is under way, tells the clients to reconnect, and closes everything; within 10 s. */
  stop(): Promise<void>;
};

const LARGEST_PACKET_BYTES = 65_536;
const JOIN_WITHIN_MS = 10_000;
const SWEEP_MS = 60_000;
const EXPIRY_LOOK_MS = 1_000;
const MAIL_WITHIN_MS = 2_000;

/** Builds the whole house and opens its door. Starting twice gives two servers that know nothing of each other. */
export async function createApp(config: Config): Promise<App> {
  const log = pino({ level: config.logLevel });
  const report = (error: unknown, doing: string) =>
    log.error({ name: error instanceof Error ? error.name : typeof error, doing }, 'failed');
  const database = await Database.open(config.database);
  const mail = createMail(config.mail, log);
  const work = new Work();

  const http = createServer();
  const io: ChatServer = new Server({
    serveClient: false,
    maxHttpBufferSize: LARGEST_PACKET_BYTES,
    connectTimeout: JOIN_WITHIN_MS,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false, // there is another kind of upgrade here
    cors: { origin: [...config.corsOrigins], credentials: true },
    allowRequest: (request, done) => done(null, !work.draining && isAllowedOrigin(request.headers, config.corsOrigins)),
  });
  const delivery = new Delivery(io, (userId, sessionId) => sessions.forget(userId, sessionId));
  const tokens = new Tokens(config.tokens.secret);
  const sessions = new Sessions(database, tokens, config.tokens.ttlMinutes, delivery.deliver, () => true);
  const codes = new OneTimeCodes(database, tokens, config.otp);
  const presence = new Presence(database, delivery.deliver, delivery.anyOtherIn, report);
  const context: Context = {
    database,
    accounts: { sessions, codes, mail, passwords: new Passwords() },
    limits: new Limits(config.limits),
    presence,
    typing: new Typing(delivery.deliver),
    changes: new GroupCommit(database, delivery.deliver),
    draining: () => work.draining,
    working: (promise) => work.track(promise),
  };

  const connections = new Connections(config.limits.connectionsPerUser);
  const raw = new RawWebSockets({ io, context, connections, corsOrigins: config.corsOrigins, log });
  const outbox = mail.outbox;
  const koa = httpApp({
    config,
    context,
    log,
    pages: (router) => {
      if (outbox === undefined || config.production) return;
      router.get('/dev/outbox', (ctx) => {
        ctx.body = outboxPage(outbox);
      });
    },
  });
  http.on('request', koa.callback());
  io.attach(http, { destroyUpgrade: false });
  serveSockets(io, { context, delivery, connections, trustedProxies: config.trustedProxies, log });
  serveUpgrades(http, io, raw);
  const slow = new SlowReaders(io);
  const timers = [
    setInterval(() => delivery.closeExpired(), EXPIRY_LOOK_MS),
    setInterval(() => void sweep().catch((error) => report(error, 'sweeping')), SWEEP_MS),
  ];
  const sweep = async () => {
    await sessions.sweep();
    await codes.sweep();
  };

  async function stop(): Promise<void> {
    await work.finish();
    raw.close();
    slow.stop();
    io.engine.close();
    for (const timer of timers) clearInterval(timer);
    context.typing.close();
    await closeConnections(http);
    await presence.close();
    await mail.drain(MAIL_WITHIN_MS);
    mail.close();
    await database.close();
  }

  try {
    await listen(http, config.http);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = urlOf(http, config.http.host);
  return { url, summary: summaryOf(config, mail.destination, outbox !== undefined, url), stop };
}

function summaryOf({ database, limits, production }: Config, mail: string, hasOutbox: boolean, url: string): string[] {
  const stored =
    database.kind === 'sqlite'
      ? `SQLite, ${database.path}`
      : `PostgreSQL, ${new URL(database.url).host}${new URL(database.url).pathname}`;
  return [
    `MmChat listens on ${url}`,
    `  database  ${stored}`,
    `  mail      ${mail}`,
    `  pages     ${hasOutbox && !production ? `${url}/dev/outbox (the letters it would send)` : 'none'}`,
    ...(limits.enabled ? [] : ['  limits    off (RATE_LIMITS=off)']),
  ];
}
