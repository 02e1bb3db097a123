import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createClient } from 'redis';
import { type Cluster, type Member, startCluster } from './cluster.ts';

const OFFLINE_WITHIN_MS = 15_000;
const FROZEN_MS = 4_500;
const EVERY_MS = 6_000;
const KILLED_EVERY_MS = 1_000;

describe('The users of a node that died are offline within 15 s, and no others are, though', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 2, processes: 1, separate: ['redis'] });
  });
  beforeEach(async () => {
    if (!cluster.process(0).running) await cluster.process(0).restart();
  });
  after(() => cluster?.stop());

  /** Kills the second node while Redis fails again and again. */
  async function expectOnlyTheLostOffline(trouble: () => Promise<void>) {
    const [lost, there, watcher] = (await cluster.enroll(3)) as [Member, Member, Member];
    const [near, far, doomed] = [cluster.node(0), cluster.node(1), cluster.process(0)];
    await cluster.group(near, watcher, lost, there);
    const watchers = await Promise.all([near, far].map((node) => cluster.client(node, watcher, 'socketio')));
    await cluster.client(doomed, lost);
    await cluster.client(far, there);
    for (const { inbox } of watchers) {
      for (const { id } of [lost, there]) await inbox.next('presence', { sender_id: id, content: 'online' });
    }
    let over = false;
    const troubles = (async () => {
      while (!over) await trouble();
    })();
    try {
      await doomed.kill('SIGKILL');
      const killedAt = Date.now();
      await Promise.all(
        watchers.map(({ inbox }) =>
          inbox.next('presence', { sender_id: lost.id, content: 'offline' }, 2 * OFFLINE_WITHIN_MS),
        ),
      );
      expect(Date.now() - killedAt, 'ms until they are offline').to.be.below(OFFLINE_WITHIN_MS);
    } finally {
      over = true;
      await troubles;
    }
    const offline = watchers.flatMap(({ inbox }) =>
      inbox.all('presence').filter(({ content }) => content === 'offline'),
    );
    expect(offline.map(({ sender_id }) => sender_id)).to.deep.equal([lost.id, lost.id]);
  }

  it('Redis is paused again and again', async function () {
    this.timeout(120_000);
    await expectOnlyTheLostOffline(async () => {
      await cluster.redis.kill('SIGSTOP');
      await delay(FROZEN_MS);
      await cluster.redis.kill('SIGCONT');
      await delay(EVERY_MS - FROZEN_MS);
    });
  });

  it('the connections by which nodes receive are killed again and again', async function () {
    this.timeout(120_000);
    const redis = createClient({ url: cluster.redis.url });
    redis.on('error', () => undefined);
    await redis.connect();
    await expectOnlyTheLostOffline(async () => {
      await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await delay(KILLED_EVERY_MS);
    });
    redis.destroy();
  });
});
