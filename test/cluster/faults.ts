import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openProxy, type TcpProxy } from '../client/proxy.ts';
import type { FakeClock } from '../support/faketime.ts';
import type { Cluster } from './cluster.ts';
import type { Node } from './node.ts';
import type { randomOf } from './random.ts';

const run = promisify(execFile);

/** A node with a clock of its own, and connections to Redis and PostgreSQL that can be delayed, silenced and closed. */
export type DisturbedNode = {
  readonly node: Node;
  readonly clock: FakeClock;
  readonly redis: TcpProxy;
  readonly postgresql: TcpProxy;
};
type Random = ReturnType<typeof randomOf>;

/** Longer than a connection on which an answer is awaited may be silent. */
const SILENT_MS = 9_500;
const ROW_HELD_SEC = 3;
const [HOUR_SEC, DAY_SEC] = [3_600, 86_400];

/** Starts another node, which connects to Redis and PostgreSQL through proxies of its own. */
export async function addDisturbedNode(cluster: Cluster, clock: FakeClock): Promise<DisturbedNode> {
  const [redis, postgresql] = await Promise.all([openProxy(cluster.redis.port), openProxy(cluster.postgresql.port)]);
  const database = new URL(cluster.databaseUrl);
  database.port = new URL(postgresql.url).port;
  const urls = { REDIS_URL: redis.url.replace('http:', 'redis:'), DATABASE_URL: `${database}` };
  const node = await cluster.add({ ...urls, ...clock.env });
  return { node, clock, redis, postgresql };
}

/** Faults of the network of one node, of PostgreSQL and of Redis, other than their end. Each ends without damage. */
export function disturbancesOf(
  cluster: Cluster,
  { clock, redis, postgresql }: DisturbedNode,
  random: Random,
): Record<string, () => Promise<unknown>> {
  const askRedis = (...command: string[]) => run('redis-cli', ['-p', `${cluster.redis.port}`, ...command]);
  const briefly = () => delay(300 + random.below(3_000));
  const silent = async (proxy: TcpProxy, ways: readonly ('up' | 'down')[], end: () => void) => {
    for (const way of ways) proxy.hold(way);
    await delay(random.below(2) === 0 ? SILENT_MS : 300 + random.below(3_000));
    end();
  };
  const wrongClock = async (seconds: number) => {
    clock.set(seconds);
    await delay(300 + random.below(8_000));
    clock.set(0);
  };
  return {
    clockBehind: () => wrongClock(-HOUR_SEC),
    clockAhead: () => wrongClock(2 * DAY_SEC),
    postgresqlSilent: () => silent(postgresql, ['up', 'down'], postgresql.cut),
    postgresqlStalled: () => silent(postgresql, ['up', 'down'], postgresql.release),
    postgresqlAnswersLost: () => silent(postgresql, ['down'], postgresql.cut),
    postgresqlUnreachable: async () => {
      postgresql.shut();
      await briefly();
      postgresql.open();
    },
    postgresqlConnectionsKilled: () =>
      cluster.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()'),
    postgresqlReadOnly: async () => {
      await cluster.query('alter system set default_transaction_read_only = on; select pg_reload_conf()');
      await briefly();
      // this session is read-only itself until it says otherwise
      await cluster.query(
        'set default_transaction_read_only = off; alter system reset default_transaction_read_only; select pg_reload_conf()',
      );
    },
    rowHeld: () =>
      cluster.query(
        `begin; select 1 from conversations order by id limit 1 for update; select pg_sleep(${ROW_HELD_SEC}); commit`,
      ),
    redisLate: async () => {
      redis.delay(1_200 + random.below(800));
      await briefly();
      redis.delay(0);
    },
    redisSilent: () => silent(redis, ['up', 'down'], redis.cut),
    redisReceivesNothing: () => silent(redis, ['up'], redis.cut),
    redisUnreachable: async () => {
      redis.shut();
      await briefly();
      redis.open();
    },
    redisConnectionsKilled: () => askRedis('client', 'kill', 'type', 'pubsub'),
    redisRefuses: async () => {
      await askRedis('acl', 'setuser', 'default', '-publish', '-spublish');
      await briefly();
      await askRedis('acl', 'setuser', 'default', '+@all');
    },
  };
}
