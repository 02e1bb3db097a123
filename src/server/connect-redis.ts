import { hostname } from 'node:os';
import type { Broker } from '../broker/broker.ts';
import { RedisBroker } from '../broker/redis/redis-broker.ts';
import { RedisBus } from '../broker/redis/redis-bus.ts';
import { redisClient } from '../broker/redis/redis-clients.ts';
import { RedisHealth } from '../broker/redis/redis-health.ts';
import type { RedisAddress } from '../config/redis-url.ts';
import { memberIdsIn } from '../conversations/member-ids.ts';
import type { ChatServer } from '../delivery/socket-types.ts';
import { countedInRedis, type SharedStore } from '../rate-limits/limiters.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Several nodes pass effects to each other through Redis, and count calls for rate limits in it.
 * @throws Error if Redis refuses the server, or cannot be reached
 */
export async function connectRedis(
  redis: RedisAddress,
  { config, log, report, conditions, metrics, database, installation }: Dependencies,
  io: ChatServer,
): Promise<{ broker: Broker; store: SharedStore }> {
  const { http, times } = config;
  const another = () => redisClient(redis);
  const connections = { publisher: another(), another, health: new RedisHealth(conditions) };
  const { publishLost } = metrics;
  const bus = await RedisBus.connect(io, connections, { log, installationId: installation.id, publishLost });
  const name = `${hostname()}:${http.port}`;
  const broker = new RedisBroker(bus, {
    name,
    leaseMs: times.nodeLeaseMs,
    readMembers: memberIdsIn(database),
    conditions,
    report,
  });
  return { broker, store: countedInRedis(connections.publisher, installation.id, connections.health) };
}
