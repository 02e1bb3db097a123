import { createClient, createCluster, createSentinel } from 'redis';
import type { RedisAddress } from '../config-redis.ts';

type Hear = (message: Buffer, channel: Buffer) => void;
/** What is used of node-redis, whose three kinds of clients have types of their own. */
export type Redis = {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: string, listener: (error: NodeJS.ErrnoException) => void): unknown;
  publish(channel: string, message: string): Promise<number>;
  sPublish(channel: string, message: string): Promise<number>;
  subscribe(channels: string | string[], hear: Hear, buffers: true): Promise<unknown>;
  pSubscribe(patterns: string | string[], hear: Hear, buffers: true): Promise<unknown>;
  sSubscribe(channels: string | string[], hear: Hear, buffers: true): Promise<unknown>;
  /** Asks any one server. */
  ask(command: string[]): Promise<unknown>;
};

/** While Redis is frozen, commands wait for it: at most so many, then they fail at once. */
const MOST_WAITING_COMMANDS = 10_000;
const PING_EVERY_MS = 1_000;
/** A connection on which nothing came for so long, pings included, is given up and made anew. */
export const SILENT_FOR_MS = 4_000;
const CONNECT_WITHIN_MS = 2_000;
const LONGEST_RETRY_MS = 500;
/** How long a server of a Redis Cluster may be away before the others are asked who took its place. */
const REPLACED_AFTER_MS = 500;
/** How often a Sentinel is asked for the master, besides hearing of changes. */
const LOOK_EVERY_MS = 2_000;

/** Reconnects for ever; while the server is away commands fail at once instead of piling up. */
const connection = (tls: boolean) => ({
  disableOfflineQueue: true,
  commandsQueueMaxLength: MOST_WAITING_COMMANDS,
  pingInterval: PING_EVERY_MS,
  socket: {
    connectTimeout: CONNECT_WITHIN_MS,
    socketTimeout: SILENT_FOR_MS,
    reconnectStrategy: (retries: number) =>
      Math.min(50 * 2 ** Math.min(retries, 4), LONGEST_RETRY_MS) + Math.floor(Math.random() * 50),
    ...(tls && { tls: true as const }),
  },
});

/** A client, not yet connected, that never takes the process down. */
export function redisClient(address: RedisAddress): Redis {
  const client = clientOf(address);
  // without a listener an event of that name would end the process; whoever cares adds another
  client.on('error', () => undefined);
  return client;
}

function clientOf(address: RedisAddress): Redis {
  if (address.kind === 'server') {
    const { socket, ...common } = connection(false);
    const client = createClient({ url: address.url, ...common, socket });
    return Object.assign(client, { ask: (command: string[]) => client.sendCommand(command) }) as unknown as Redis;
  }
  const { hosts, tls, username, password } = address;
  const access = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
  const common = { ...connection(tls), ...access };
  if (address.kind === 'cluster') {
    const client = createCluster({
      rootNodes: hosts.map(({ host, port }) => ({ socket: { host, port } })),
      defaults: common,
      topologyRefreshOnReconnectionAttemptStrategy: REPLACED_AFTER_MS,
    });
    const ask = (command: string[]) => client.sendCommand(undefined, true, command);
    return Object.assign(client, { ask }) as unknown as Redis;
  }
  const { master, sentinelPassword } = address;
  const client = createSentinel({
    name: master,
    sentinelRootNodes: [...hosts],
    nodeClientOptions: common,
    sentinelClientOptions: {
      socket: { connectTimeout: CONNECT_WITHIN_MS, ...(tls && { tls: true as const }) },
      ...(sentinelPassword !== undefined && { password: sentinelPassword }),
    },
    scanInterval: LOOK_EVERY_MS,
    passthroughClientErrorEvents: true,
  });
  return Object.assign(client, { ask: (command: string[]) => client.sendCommand(true, command) }) as unknown as Redis;
}

/** Tells when a connection of a client is lost and when one is there again, whatever its kind calls that. */
export function watch(client: Redis, { lost, back }: { lost(error: NodeJS.ErrnoException): void; back(): void }): void {
  for (const event of ['error', 'node-error']) client.on(event, lost);
  for (const event of ['ready', 'node-ready', 'topology-change']) client.on(event, back);
}
