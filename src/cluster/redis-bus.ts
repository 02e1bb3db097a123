import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createClient, type RedisClientType } from 'redis';
import type { Namespace, Server } from 'socket.io';
import { type Bus, listenThrough, type NodeMessage, sendThrough } from './bus.ts';

export type Redis = RedisClientType;
type Log = Record<'warn' | 'info', (fields: object, message: string) => void>;
type Report = { lost(): void };

/** While Redis is frozen, commands wait for it: at most so many, then they fail at once. */
const MOST_WAITING_COMMANDS = 10_000;
const PING_EVERY_MS = 1_000;
/** A connection on which nothing came for so long, pings included, is given up and made anew. */
const SILENT_FOR_MS = 4_000;
const START_WITHIN_MS = 5_000;
const CONNECT_WITHIN_MS = 2_000;
const LONGEST_RETRY_MS = 500;

/**
 * A client that never takes the process down: it reconnects for ever, and while Redis is away commands fail at once
 * instead of piling up.
 */
export function redisClient(url: string, log: Log): Redis {
  const client: Redis = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_WAITING_COMMANDS,
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout: CONNECT_WITHIN_MS,
      socketTimeout: SILENT_FOR_MS,
      reconnectStrategy: (retries) =>
        Math.min(50 * 2 ** Math.min(retries, 4), LONGEST_RETRY_MS) + Math.floor(Math.random() * 50),
    },
  });
  let reachable = true;
  client.on('ready', () => {
    if (!reachable) log.info({}, 'Redis is back');
    reachable = true;
  });
  client.on('error', (error: NodeJS.ErrnoException) => {
    if (reachable) log.warn({ code: error.code, name: error.name }, 'Redis cannot be reached');
    reachable = false;
  });
  return client;
}

/** Connects the nodes through Redis: its adapter carries their messages, by sharded pub/sub where Redis has it (7 or later). */
export async function redisBus(io: Server, publisher: Redis, log: Log, report: Report): Promise<Bus> {
  const subscriber = publisher.duplicate();
  subscriber.on('error', () => undefined); // the publisher's listener logs that Redis is away
  await connected([publisher, subscriber]);
  await attachAdapter(io, withLosses(publisher, report), subscriber);
  let recovered: () => void = () => undefined;
  let interrupted = false;
  for (const client of [publisher, subscriber]) {
    client.on('error', () => {
      interrupted = true;
    });
    client.on('ready', () => {
      if (!interrupted || !publisher.isReady || !subscriber.isReady) return;
      interrupted = false;
      recovered();
    });
  }
  log.info({}, 'connected to Redis');
  return {
    get healthy() {
      return !interrupted && publisher.isReady && subscriber.isReady;
    },
    publish: (message: NodeMessage) => sendThrough(io, message),
    listen: (hear) => listenThrough(io, hear),
    onRecovered: (callback) => {
      recovered = callback;
    },
    async close() {
      publisher.destroy();
      subscriber.destroy();
    },
  };
}

/** @throws Error when Redis cannot be reached within 5 s: at the start that is a mistake, later it is weather */
async function connected(clients: readonly Redis[]): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('Redis (REDIS_URL) cannot be reached')), START_WITHIN_MS);
  try {
    await Promise.race([Promise.all(clients.map((client) => client.connect())), late.promise]);
  } catch (error) {
    for (const client of clients) client.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Only the root namespace speaks through Redis, carrying whole effects: the other nodes then deliver to their own
 * sockets under the same checks as this one. Broadcasts of the adapter itself would go past them.
 */
async function attachAdapter(io: Server, publisher: Redis, subscriber: Redis): Promise<void> {
  const between = (await hasShardedPubSub(publisher))
    ? createShardedAdapter(publisher, subscriber, { subscriptionMode: 'static' })
    : createAdapter(publisher, subscriber);
  const within = io.adapter() as new (namespace: Namespace) => unknown; // the class that it has from the start
  function adapter(namespace: Namespace): unknown {
    return namespace.name === '/' ? between(namespace) : new within(namespace);
  }
  io.adapter(adapter as never); // its types know classes only, but what a function returns serves just as well
}

/** Asked for by name: a service may speak for an older Redis than it is, or leave commands out. */
async function hasShardedPubSub(redis: Redis): Promise<boolean> {
  const known = await redis.sendCommand<unknown[]>(['COMMAND', 'INFO', 'SPUBLISH', 'SSUBSCRIBE']);
  return known.every((command) => command !== null);
}

/** The adapter drops the promise of a publish, and Node would exit on its rejection: here it is counted instead. */
function withLosses(client: Redis, { lost }: Report): Redis {
  const guarded = (method: 'publish' | 'sPublish') => {
    return (channel: string, message: string) =>
      client[method](channel, message).catch(() => {
        lost();
        return 0;
      });
  };
  const [publish, sPublish] = [guarded('publish'), guarded('sPublish')];
  return new Proxy(client, {
    get(target, name) {
      if (name === 'publish') return publish;
      if (name === 'sPublish') return sPublish;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
