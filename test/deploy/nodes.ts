import { type Program, startProgram } from '../config/program.ts';
import { migratedEnvironment } from '../support/app.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import { People } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';

export type Nodes = {
  readonly nodes: readonly Program[];
  readonly redis: Redis;
  /** The TCP proxy from the first node to Redis. */
  readonly line: HoldingProxy;
  /** Signs users up at an address of the nodes. */
  peopleAt(url: string): People;
  /** Starts another node at this address. */
  another(address: string): Promise<Program>;
  stop(): Promise<void>;
};

const ANY_PORT = '127.0.0.1:0';

/**
 * Two nodes in separate processes, with their own database and Redis.
 * @param own further variables of all nodes
 */
export async function startNodes(
  context: Mocha.Context,
  [first, second] = [ANY_PORT, ANY_PORT],
  own: Record<string, string> = {},
): Promise<Nodes> {
  await requirePostgresql(context);
  await requireRedis(context);
  const redis = await startRedis();
  if (redis === undefined) throw new Error('Redis is gone');
  const line = await startHoldingProxy(redis.port);
  const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ORIGIN: '5/900' };
  const { env, smtp, remove } = await migratedEnvironment('postgresql', { TRUST_PROXY: '1', ...limits, ...own });
  const folder = makeTemporaryFolder('nodes');
  const start = (address: string, redisPort: number) =>
    startProgram(folder, { ...env, HTTP_ADDR: address, REDIS_URL: `redis://127.0.0.1:${redisPort}` });
  const nodes = await Promise.all([start(first, line.port), start(second, redis.port)]);
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
    async another(address) {
      const node = await start(address, redis.port);
      nodes.push(node);
      return node;
    },
    async stop() {
      for (const people of all) people.closeClients();
      await Promise.all(nodes.map((node) => node.stop()));
      line.cut();
      await redis.stop();
      await remove();
      removeTemporaryFolder(folder);
    },
  };
}

export const addressOf = ({ url }: Program): string => new URL(url).host;
