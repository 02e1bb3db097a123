import { expect } from 'chai';
import { pino } from 'pino';
import { Server } from 'socket.io';
import { RedisBroker } from '../../src/broker/redis/redis-broker.ts';
import { RedisBus } from '../../src/broker/redis/redis-bus.ts';
import { redisClient } from '../../src/broker/redis/redis-clients.ts';
import { RedisHealth } from '../../src/broker/redis/redis-health.ts';
import { redisAddress } from '../../src/config/redis-url.ts';
import { Conditions } from '../../src/monitoring/conditions.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { until } from './until.ts';

/** More users online on the other node than one statement could name. */
const MANY = 6_000;
const LARGE_GROUP = 120;

describe('A group of which one member is online on another node, among thousands,', () => {
  let cluster: Cluster;
  const stops: (() => Promise<unknown>)[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 1 });
  });
  after(async () => {
    for (const stop of stops) await stop();
    await cluster?.stop();
  });

  /** Joins the cluster like a node on which these users are online. */
  async function nodeWith(userIds: readonly number[]): Promise<void> {
    const another = () => redisClient(redisAddress(cluster.redis.url));
    const log = pino({ level: 'silent' });
    const [[installationId = '']] = (await cluster.query('select id from installation')) as [string[]];
    const conditions = new Conditions(log);
    const connections = { publisher: another(), another, health: new RedisHealth(conditions) };
    const options = { log, installationId, publishLost: () => undefined };
    const bus = await RedisBus.connect(new Server(), connections, options);
    const node = new RedisBroker(bus, {
      name: 'one',
      leaseMs: 8_000,
      readMembers: async () => [],
      conditions,
      report: () => undefined,
    });
    for (const userId of userIds) node.setOnline(userId, true);
    await node.start();
    stops.push(() => node.close());
  }

  it('is shown as online, and groups without an online member are not', async function () {
    this.timeout(120_000);
    const members = await cluster.enroll(LARGE_GROUP + 2);
    const [asker, away, ...crowd] = members as [(typeof members)[0], (typeof members)[0], ...typeof members];
    const last = crowd.at(-1) ?? asker;
    const node = cluster.node(0);
    const small = await cluster.group(node, asker, last, away);
    const large = await cluster.group(node, asker, ...crowd);
    const nobodyThere = await cluster.group(node, asker, ...crowd.slice(0, -1));
    const strangers = Array.from({ length: MANY }, (_, index) => 10_000_000 + index);
    await nodeWith([...strangers, asker.id, last.id]);
    const online = async () => {
      const { conversations } = await cluster.rest(node, asker).ask('list_conversations');
      type Row = { id: number; other_user_online: boolean };
      return new Map(conversations.map((row: Row) => [row.id, row.other_user_online]));
    };
    await until('the other node’s users are known', async () => (await online()).get(small) === true);
    const shown = await online();
    expect([small, large, nobodyThere].map((id) => shown.get(id))).to.deep.equal([true, true, false]);
  });
});
