import { type Program, startProgram } from '../config/program.ts';
import { type Line, lineTo } from '../operating/line.ts';
import { freshEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';

export type Nodes = {
  readonly nodes: readonly Program[];
  readonly redis: Redis;
  /** The first node's line to Redis. */
  readonly line: Line;
  /** Who signs up at an address of the nodes. */
  peopleAt(url: string): People;
  stop(): Promise<void>;
};

/** Two nodes in processes of their own, behind one proxy, with a database and a Redis that are theirs alone. */
export async function startNodes(context: Mocha.Context): Promise<Nodes> {
  await requirePostgresql(context);
  await requireRedis(context);
  const redis = await startRedis();
  if (redis === undefined) throw new Error('Redis was there a moment ago');
  const line = await lineTo(redis.port);
  const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ORIGIN: '5/900' };
  const { env, smtp, remove } = await freshEnvironment('postgresql', { TRUST_PROXY: '1', ...limits });
  const folder = makeTemporaryFolder('nodes');
  const start = (redisPort: number) => startProgram(folder, { ...env, REDIS_URL: `redis://127.0.0.1:${redisPort}` });
  const nodes = await Promise.all([start(line.port), start(redis.port)]);
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
