import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { IS_SOAK } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

/** As long after the lease as with the default, which the soak uses. */
const OFFLINE_WITHIN_MS = IS_SOAK ? 15_000 : 10_000;
const STOPPED_WITHIN_MS = 10_000;
/** Of one of the clients that send while nodes are restarted. */
const BETWEEN_SENDS_MS = IS_SOAK ? 10 : 50;

describe('When a node', () => {
  let cluster: Cluster;
  let followers: Follower[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 1, processes: 2, env: IS_SOAK ? {} : { NODE_LEASE_SEC: '3' } });
  });
  beforeEach(() => Promise.all(cluster.processes.filter(({ running }) => !running).map((node) => node.restart())));
  afterEach(() => {
    for (const follower of followers) follower.stop();
  });
  after(() => cluster?.stop());

  it('is killed, its clients continue on another and miss nothing; users who do not return are offline everywhere in time, announced once', async function () {
    this.timeout(120_000);
    const [lost, twice, mobile, sender, watcher] = (await cluster.enroll(5)) as [
      Member,
      Member,
      Member,
      Member,
      Member,
    ];
    const [near, doomed, far] = [cluster.node(0), cluster.process(0), cluster.process(1)];
    const conversation_id = await cluster.group(near, sender, lost, twice, mobile, watcher);
    const watchers = await Promise.all([near, far].map((node) => cluster.client(node, watcher, 'socketio')));
    await cluster.client(doomed, lost);
    await Promise.all([doomed, far].map((node) => cluster.client(node, twice)));
    const follower = new Follower(mobile, [doomed.url, far.url], 'raw');
    followers = [follower];
    for (const { inbox } of watchers) {
      for (const { id } of [lost, twice, mobile]) await inbox.next('presence', { sender_id: id, content: 'online' });
    }
    await until('it has caught up', () => follower.caughtUpAt > 0);

    await doomed.kill('SIGKILL');
    const killedAt = Date.now();
    const sending = cluster.rest(near, sender);
    for (let index = 0; index < 20; index += 1) await sending.ask('message', { conversation_id, content: `${index}` });
    await until('it shows what it missed', () => follower.contents(conversation_id)?.length === 20);
    for (const { inbox } of watchers) {
      await inbox.next('presence', { sender_id: lost.id, content: 'offline' }, OFFLINE_WITHIN_MS);
    }
    expect(Date.now() - killedAt).to.be.below(OFFLINE_WITHIN_MS);
    // a later presence event proves that all earlier ones have arrived
    const late = await cluster.client(near, lost);
    for (const { inbox } of watchers) {
      await inbox.next('presence', { sender_id: lost.id, content: 'online' });
      const offline = inbox.all('presence').filter(({ content }) => content === 'offline');
      expect(
        offline.map(({ sender_id }) => sender_id),
        'each once, and nobody who is there',
      ).to.deep.equal([lost.id]);
    }
    const { participants } = await sending.ask('list_participants', { conversation_id });
    const online = new Map(participants.map((each: { id: number; online: boolean }) => [each.id, each.online]));
    expect([twice.id, mobile.id].map((id) => online.get(id))).to.deep.equal([true, true]);
    late.close();
  });

  it('receives SIGTERM, it answers calls in flight, has its clients reconnect and exits with 0 within 10 s', async function () {
    this.timeout(120_000);
    const [one, other] = (await cluster.enroll(2)) as [Member, Member];
    const node = cluster.process(0);
    const conversation_id = await cluster.group(node, one, other);
    const clients = await Promise.all(
      (['raw', 'socketio', 'polling'] as const).map((wire) => cluster.client(node, one, wire)),
    );
    const asked = Array.from({ length: 50 }, (_, index) =>
      clients[0]?.ask('message', { conversation_id, content: `${index}` }),
    );
    await asked[0];
    const start = Date.now();
    await node.kill('SIGTERM');
    expect(Date.now() - start).to.be.below(STOPPED_WITHIN_MS);
    expect(await node.ended).to.equal(0);
    expect(await clients[0]?.closed, 'raw').to.equal(1012);
    await Promise.all(clients.map(({ closed }) => closed));
    const settled = await Promise.all(asked.map((each) => Promise.race([each, delay(0)])));
    const acked = settled.flatMap((answer) => (answer?.ok ? [answer.content] : []));
    const rows = await cluster.query(`select content from messages where conversation_id = ${conversation_id}`);
    expect(rows.map(([content]) => content)).to.include.members(acked);
  });

  it('is restarted after another under load, no acknowledged message is lost or duplicated', async function () {
    this.timeout(120_000);
    const members = await cluster.enroll(6);
    const conversation_id = await cluster.group(cluster.node(0), ...members);
    const [staying, ...restarted] = cluster.nodes.map(({ url }) => url) as [string, string, string];
    const urlsOf = (index: number) => [restarted[index % 2] ?? '', staying, restarted[(index + 1) % 2] ?? ''];
    const wires = ['raw', 'socketio', 'polling'] as const;
    followers = members.map((who, index) => new Follower(who, urlsOf(index), wires[index % 3] ?? 'raw'));
    await until('all are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    const acked = new Set<string>();
    let stopped = false;
    async function send(by: Follower): Promise<void> {
      for (let index = 0; !stopped; index += 1) {
        const content = `${by.who.username} ${index}`;
        const send = { conversation_id, content, client_message_id: content };
        const deadline = Date.now() + 15_000;
        while ((await by.ask('message', send))?.ok !== true) {
          if (Date.now() > deadline) throw new Error(`never acknowledged: ${content}`);
          await delay(50);
        }
        acked.add(content);
        await delay(BETWEEN_SENDS_MS);
      }
    }
    const sending = followers.map(send);
    try {
      for (const node of cluster.processes) {
        await node.kill('SIGTERM');
        expect(await node.ended).to.equal(0);
        await cluster.addHere({ HTTP_ADDR: new URL(node.url).host });
        const before = acked.size;
        await until('sending goes on', () => acked.size > before + 20);
      }
    } finally {
      stopped = true;
      await Promise.all(sending);
    }
    const rows = await cluster.query(
      `select content from messages where conversation_id = ${conversation_id} order by seq`,
    );
    const kept = rows.map(([content]) => content);
    expect(
      kept.filter((content) => !acked.has(content ?? '')),
      'each acked',
    ).to.deep.equal([]);
    expect(kept, 'once').to.have.length(acked.size);
    for (const each of followers) {
      await until('all show the same', () => each.contents(conversation_id)?.length === kept.length);
      expect(each.contents(conversation_id)).to.deep.equal(kept);
    }
    expect(
      followers.every(({ counts }) => counts.connects > 1),
      'need all to have been moved',
    ).to.equal(true);
  });
});
