import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { openProxy, type TcpProxy } from '../client/proxy.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { expectSilence, more, removalScene } from './removal-fixture.ts';
import { until } from './until.ts';

/** In each direction. */
const LATE_MS = 1_500;
const jitter = () => 200 + Math.random() * 1_600;
/** After this time every node receives messages that were sent after the delay began. */
const STEADY_MS = LATE_MS + 500;

type Late = { title: string; node: number; ms?: number | (() => number); ways?: readonly ('up' | 'down')[] };
const CASES: readonly Late[] = [
  { title: 'their node receives messages late', node: 2, ways: ['down'] },
  { title: 'messages to and from their node are late', node: 2 },
  { title: 'messages to and from the remover’s node are late', node: 0 },
  { title: 'messages to and from their node are late by a random time', node: 2, ms: jitter },
];

describe('A user who is removed from a group receives nothing of it after the acknowledgement, though', () => {
  let cluster: Cluster;
  const toRedis: TcpProxy[] = [];
  const closing: { close(): void }[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this);
    for (const _ of [0, 1, 2]) {
      const proxy = await openProxy(cluster.redis.port);
      toRedis.push(proxy);
      await cluster.addHere({ LOG_LEVEL: 'info', REDIS_URL: proxy.url.replace('http', 'redis') });
    }
  });
  afterEach(() => {
    for (const each of closing.splice(0)) each.close();
    for (const proxy of toRedis) proxy.delay(0);
  });
  after(async () => {
    await cluster?.stop();
    for (const proxy of toRedis) await proxy.stop();
  });

  for (const { title, node, ms = LATE_MS, ways = [] } of CASES)
    it(title, async function () {
      this.timeout(120_000);
      toRedis[node]?.delay(ms, ...ways);
      await delay(STEADY_MS);
      const here = await removalScene(cluster, closing, [1]);
      expect(await here.remove()).to.include({ ok: true });
      await expectSilence(here, Date.now(), more(here, 100));
    });

  it('the log says which nodes are late, and when they no longer are', async function () {
    this.timeout(120_000);
    const linesOf = (index: number) =>
      cluster
        .node(index)
        .output()
        .split('\n')
        .filter((line) => line.includes('nodes_late'))
        .map((line) => JSON.parse(line));
    const last = (index: number) => linesOf(index).at(-1)?.state;
    const [late, other] = [0, 1];
    await until('nothing is late', () => last(other) !== 'begun', 15_000);
    toRedis[late]?.delay(LATE_MS);
    await until('it is logged', () => last(other) === 'begun', 15_000);
    const { cause, code, next } = linesOf(other).at(-1);
    expect(cause).to.match(/^there and back, late: \S+ by (\d+\.\d s|several seconds)$/);
    expect(cause, 'it names the node that is late').to.include(`:${new URL(cluster.node(late).url).port} by`);
    expect([code, typeof next]).to.deep.equal(['late', 'string']);
    toRedis[late]?.delay(0);
    await until('its end is logged', () => last(other) === 'over', 15_000);
  });
});
