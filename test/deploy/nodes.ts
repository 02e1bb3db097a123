import { type ClusterNode, type Node, startNode, startNodeHere } from '../cluster/node.ts';
import { migratedEnvironment } from '../support/app.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';

export type Nodes = {
  readonly nodes: readonly ClusterNode[];
  readonly redis: Redis;
  /** The TCP proxy from the first node to Redis. */
  readonly line: HoldingProxy;
  /** Signs users up at an address of the nodes. */
  peopleAt(url: string): People;
  /** Starts another node at this address, in this process. */
  another(address: string): Promise<ClusterNode>;
  /** Starts another one in a process of its own, which reaches Redis through the TCP proxy. */
  anotherProcess(): Promise<Node>;
  stop(): Promise<void>;
};

/**
 * Nodes with their own database and Redis.
 * @param addresses of those that are started in this process
 * @param own further variables of all nodes
 */
export async function startNodes(
  context: Mocha.Context,
  addresses: readonly string[],
  own: Record<string, string> = {},
): Promise<Nodes> {
  await requirePostgresql(context);
  await requireRedis(context);
  const redis = await startRedis();
  if (redis === undefined) throw new Error('Redis is gone');
  const line = await startHoldingProxy(redis.port);
  const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ORIGIN: '5/900' };
  const { env, smtp, remove } = await migratedEnvironment('postgresql', { TRUST_PROXY: '1', ...limits, ...own });
  const nodes: ClusterNode[] = [];
  const add = async <Kind extends ClusterNode>(starting: Promise<Kind>): Promise<Kind> => {
    const node = await starting;
    nodes.push(node);
    return node;
  };
  const another = (address: string) => add(startNodeHere({ ...env, HTTP_ADDR: address, REDIS_URL: redis.url }));
  for (const address of addresses) await another(address);
  const all: People[] = [];
  return {
    nodes,
    redis,
    line,
    peopleAt(url) {
      const people = new People(url, smtp);
      all.push(people);
      return people;
    },
    another,
    async anotherProcess() {
      const address = `127.0.0.1:${await freePort()}`;
      return add(startNode({ ...env, HTTP_ADDR: address, REDIS_URL: `redis://127.0.0.1:${line.port}` }));
    },
    async stop() {
      for (const people of all) people.closeClients();
      await Promise.all(nodes.map((node) => node.stop()));
      line.cut();
      await redis.stop();
      await remove();
    },
  };
}

export const addressOf = ({ url }: ClusterNode): string => new URL(url).host;
