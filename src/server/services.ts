import { KnownOrigins } from '../accounts/known-origins.ts';
import { OneTimeCodes } from '../accounts/one-time-codes.ts';
import { Passwords } from '../accounts/passwords.ts';
import { Sessions } from '../accounts/sessions.ts';
import { Tokens } from '../accounts/tokens.ts';
import { UserUpdates } from '../accounts/user-updates.ts';
import type { Broker } from '../broker/broker.ts';
import { MemoryBroker } from '../broker/memory.ts';
import { compareClocks } from '../database/clock-difference.ts';
import { Delivery } from '../delivery/delivery.ts';
import { recoverMissedEffects } from '../delivery/missed-effects.ts';
import type { ChatServer } from '../delivery/socket-types.ts';
import { createMail } from '../mail/mail.ts';
import type { Context } from '../operation/context.ts';
import { HeavyCalls } from '../operation/heavy-calls.ts';
import { InFlightRequests } from '../operation/in-flight.ts';
import { SecurityLog } from '../operation/security-log.ts';
import { Presence } from '../presence/presence.ts';
import { Typing } from '../presence/typing.ts';
import type { SharedStore } from '../rate-limits/limiters.ts';
import { Limits } from '../rate-limits/limits.ts';
import { Connections } from '../transports/connections.ts';
import { TickBuffer } from '../transports/frame-writer.ts';
import { withLegacyFields } from '../transports/legacy-fields/fields.ts';
import type { Engine } from '../transports/socketio/engine.ts';
import { createSocketServer } from '../transports/socketio/server.ts';
import { GroupCommit } from '../writer/group-commit.ts';
import type { Dependencies } from './dependencies.ts';

/** Everything that serves calls and delivers events; transports connect it to clients. */
export type Services = Dependencies &
  Readonly<{
    io: ChatServer;
    engine: Engine;
    broker: Broker;
    buffer: TickBuffer;
    delivery: Delivery;
    connections: Connections;
    context: Context;
  }>;

/** @throws Error if Redis refuses the server, or cannot be reached */
export async function createServices(dependencies: Dependencies): Promise<Services> {
  const { config, output, log, report, conditions, health, metrics, database, installation } = dependencies;
  const { io, engine } = createSocketServer(config);
  const { broker, store } = await createBroker(dependencies, io);
  const buffer = new TickBuffer(broker.validForMs);
  const tokens = new Tokens(config.tokens.secret, database.now);
  const sessions = new Sessions(database, tokens, config.tokens, broker);
  const delivery = new Delivery(io, broker, metrics, buffer, config.legacyFields ? withLegacyFields : undefined);
  const presence = new Presence(database, broker, delivery, report, config.times.presenceGraceMs);
  const { enabled, connectionsPerUser } = config.limits;
  const connections = new Connections(enabled ? connectionsPerUser : Number.POSITIVE_INFINITY, broker);
  const security = new SecurityLog(log);
  const context: Context = {
    database,
    installation,
    accounts: {
      sessions,
      codes: new OneTimeCodes(database, tokens, config.otp),
      origins: new KnownOrigins(tokens),
      passwords: new Passwords(config.passwords.cost),
      mail: createMail(config.mail, log, { conditions, print: output.write }),
    },
    limits: new Limits(config.limits, store, security),
    presence,
    typing: new Typing(broker, database.now, config.times.typingMs),
    userUpdates: new UserUpdates(database, broker.publish, report),
    changes: new GroupCommit(database, broker.publish, metrics, { onConflict: health.failed }),
    observer: metrics,
    security,
    heavy: new HeavyCalls(),
    inFlight: new InFlightRequests(undefined, health.late),
    receiptsWanted: () => delivery.wantsReceipts() || broker.receiptsWantedElsewhere,
    rereadIfRemoved: delivery.staleReads.rereadIfRemoved,
    report,
  };
  recoverMissedEffects(broker, delivery, sessions, database.now, report);
  await broker.start();
  await compareClocks(database.clock, conditions);
  return { ...dependencies, io, engine, broker, buffer, delivery, connections, context };
}

/** A single node needs no Redis, and does not load its client, which is a third of all modules. */
async function createBroker(
  dependencies: Dependencies,
  io: ChatServer,
): Promise<{ broker: Broker; store?: SharedStore }> {
  const { redis } = dependencies.config;
  if (redis === undefined) return { broker: new MemoryBroker() };
  const { connectRedis } = await import('./connect-redis.ts');
  return connectRedis(redis, dependencies, io);
}
