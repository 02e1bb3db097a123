import { randomUUID } from 'node:crypto';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import type { Namespace, Server } from 'socket.io';
import { type Bus, listenThrough, type NodeMessage, sendThrough } from './bus.ts';
import { Echo } from './echo.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { type Redis, SILENT_FOR_MS, watch } from './redis-clients.ts';

type Log = Record<'warn' | 'info', (fields: object, message: string) => void>;
type Report = { lost(): void };
/** One client publishes, and serves whoever else needs Redis; another subscribes. */
export type RedisClients = { publisher: Redis; another: () => Redis };

const START_WITHIN_MS = 5_000;
/** What is in braces decides where in a Redis Cluster a channel is: all of them are on one server, in one order. */
const CHANNELS = '{mmchat}';

/** Connects the nodes through Redis: its adapter carries their messages, by sharded pub/sub where Redis has it (7 or later). */
export async function redisBus(io: Server, clients: RedisClients, log: Log, { lost }: Report): Promise<Bus> {
  const { publisher, another } = clients;
  let recovered: () => void = () => undefined;
  const outgoing = new Outgoing(publisher, lost);
  const incoming = new Incoming(another);
  await connected([publisher, incoming], () => {
    publisher.destroy();
    incoming.close();
  });
  const isSharded = await hasShardedPubSub(publisher);
  attachAdapter(io, isSharded, outgoing, incoming);
  const ownChannel = `${CHANNELS}echo#${randomUUID()}`;
  const publish = isSharded ? 'sPublish' : 'publish';
  const echo: Echo = new Echo(
    {
      send: (number) => publisher[publish](ownChannel, `${number}`).then(alwaysTrue, alwaysFalse),
      recovered: () => recovered(),
      deaf: () => incoming.renew(),
    },
    SILENT_FOR_MS,
  );
  incoming[isSharded ? 'sSubscribe' : 'subscribe'](ownChannel, (message) => echo.hear(Number(message)));
  const events = { lost: () => echo.interrupted(), back: () => echo.call() };
  incoming.tell(events);
  watch(publisher, events);
  tellOf(publisher, log);
  log.info({}, 'connected to Redis');
  return {
    get healthy() {
      return echo.healthy;
    },
    publish: (message: NodeMessage) => sendThrough(io, message),
    listen: (hear) => listenThrough(io, hear),
    onRecovered: (callback) => {
      recovered = callback;
    },
    async close() {
      echo.close();
      publisher.destroy();
      incoming.close();
    },
  };
}

const alwaysTrue = () => true;
const alwaysFalse = () => false;

function tellOf(client: Redis, log: Log): void {
  let reachable = true;
  watch(client, {
    back() {
      if (!reachable) log.info({}, 'Redis is back');
      reachable = true;
    },
    lost({ code, name }) {
      if (reachable) log.warn({ code, name }, 'Redis cannot be reached');
      reachable = false;
    },
  });
}

/** @throws Error when Redis cannot be reached within 5 s: at the start that is a mistake, later it is weather */
async function connected(clients: readonly Pick<Redis, 'connect'>[], giveUp: () => void): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('Redis (REDIS_URL) cannot be reached')), START_WITHIN_MS);
  try {
    await Promise.race([Promise.all(clients.map((client) => client.connect())), late.promise]);
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Only the root namespace speaks through Redis, carrying whole effects: the other nodes then deliver to their own
 * sockets under the same checks as this one. Broadcasts of the adapter itself would go past them.
 */
function attachAdapter(io: Server, isSharded: boolean, outgoing: Outgoing, incoming: Incoming): void {
  const between = isSharded
    ? createShardedAdapter(outgoing, incoming, { subscriptionMode: 'static', channelPrefix: CHANNELS })
    : createAdapter(outgoing, incoming, { key: CHANNELS });
  const within = io.adapter() as new (namespace: Namespace) => unknown; // the class that it has from the start
  function adapter(namespace: Namespace): unknown {
    return namespace.name === '/' ? between(namespace) : new within(namespace);
  }
  io.adapter(adapter as never); // its types know classes only, but what a function returns serves just as well
}

/** Asked for by name: a service may speak for an older Redis than it is, or leave commands out. */
async function hasShardedPubSub(redis: Redis): Promise<boolean> {
  const known = (await redis.ask(['COMMAND', 'INFO', 'SPUBLISH', 'SSUBSCRIBE'])) as unknown[]; // one entry each
  return known.every((command) => command !== null);
}
