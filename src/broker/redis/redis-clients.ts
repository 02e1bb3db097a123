import { createClient, createCluster, createSentinel } from 'redis';
import type { RedisAddress } from '../../config/redis-url.ts';
import type { RedisHealth } from './redis-health.ts';

type OnMessage = (message: Buffer, channel: Buffer) => void;
/** The used part of node-redis, whose three kinds of clients have types of their own. */
export type Redis = {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: string, listener: (error: NodeJS.ErrnoException) => void): unknown;
  publish(channel: string, message: string): Promise<number>;
  sPublish(channel: string, message: string): Promise<number>;
  subscribe(channels: string | string[], onMessage: OnMessage, buffers: true): Promise<unknown>;
  pSubscribe(patterns: string | string[], onMessage: OnMessage, buffers: true): Promise<unknown>;
  sSubscribe(channels: string | string[], onMessage: OnMessage, buffers: true): Promise<unknown>;
  /** Sends a command to any one server. */
  ask(command: string[]): Promise<unknown>;
};

/** One client publishes, and serves everything else that needs Redis; another one subscribes. */
export type RedisConnections = {
  readonly publisher: Redis;
  readonly another: () => Redis;
  readonly health: RedisHealth;
};

/** The number of commands that wait while Redis hangs; further ones fail at once. */
const MAX_WAITING_COMMANDS = 10_000;
const PING_EVERY_MS = 1_000;
/** A connection on which nothing was received for so long, not even a reply to a ping, is replaced. */
export const SILENT_FOR_MS = 4_000;
const CONNECT_WITHIN_MS = 2_000;
const MAX_RETRY_MS = 500;
/** How long a server of a Redis Cluster may be unavailable before the topology is read again. */
const REFRESH_AFTER_MS = 500;
/** How often a Sentinel is queried for the master, besides its notifications. */
const SCAN_EVERY_MS = 2_000;

/** Reconnects without end; while the server is unavailable, commands fail at once instead of queueing. */
const connection = (tls: boolean) => ({
  disableOfflineQueue: true,
  commandsQueueMaxLength: MAX_WAITING_COMMANDS,
  pingInterval: PING_EVERY_MS,
  socket: {
    connectTimeout: CONNECT_WITHIN_MS,
    socketTimeout: SILENT_FOR_MS,
    reconnectStrategy: (retries: number) =>
      Math.min(50 * 2 ** Math.min(retries, 4), MAX_RETRY_MS) + Math.floor(Math.random() * 50),
    ...(tls && { tls: true as const }),
  },
});

/** A client, not yet connected, whose errors never end the process. */
export function redisClient(address: RedisAddress): Redis {
  const client = clientOf(address);
  // without a listener an event of that name would end the process
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
      topologyRefreshOnReconnectionAttemptStrategy: REFRESH_AFTER_MS,
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
    scanInterval: SCAN_EVERY_MS,
    passthroughClientErrorEvents: true,
  });
  return Object.assign(client, { ask: (command: string[]) => client.sendCommand(true, command) }) as unknown as Redis;
}

/** Calls back when a connection of a client is lost and when it is back; each kind of client has its own events for that. */
export function watch(client: Redis, { lost, back }: { lost(error: NodeJS.ErrnoException): void; back(): void }): void {
  for (const event of ['error', 'node-error']) client.on(event, lost);
  for (const event of ['ready', 'node-ready', 'topology-change']) client.on(event, back);
}
