import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { startCuttableProxy } from './cuttable-proxy.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

const CONVERGED_WITHIN_MS = 5_000;

describe('A node that loses its connection to Redis', () => {
  let cluster: Cluster;
  let proxy: Awaited<ReturnType<typeof startCuttableProxy>> | undefined;
  let followers: Follower[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 1 });
    proxy = await startCuttableProxy(cluster.redis.port);
    await cluster.addHere({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  });
  afterEach(() => {
    proxy?.restore();
    for (const follower of followers) follower.stop();
  });
  after(async () => {
    await cluster?.stop();
    await proxy?.stop();
  });

  async function scene() {
    const [whole, cut] = [cluster.node(0), cluster.node(1)];
    const members = (await cluster.enroll(3)) as [Member, Member, Member];
    const conversation_id = await cluster.group(whole, ...members);
    const [, mute, removed] = members;
    const sender = new Follower(members[0], [cut.url], 'raw');
    const receiver = new Follower(mute, [whole.url], 'raw');
    const leaving = new Follower(removed, [cut.url], 'socketio');
    followers = [sender, receiver, leaving];
    await until('all are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    return { conversation_id, sender, receiver, leaving, admin: members[0] };
  }

  it('counts what it could not publish, and clients of the other nodes sync when it is back', async function () {
    this.timeout(120_000);
    const { conversation_id, sender, receiver } = await scene();
    proxy?.cut();
    for (let index = 0; index < 20; index += 1) {
      expect(await sender.ask('message', { conversation_id, content: `${index}` })).to.include({ ok: true });
    }
    expect(receiver.contents(conversation_id) ?? [], 'need the other to have missed it').to.deep.equal([]);
    proxy?.restore();
    const all = () => receiver.contents(conversation_id)?.length === 20;
    await until('the client of the other node shows all', all, CONVERGED_WITHIN_MS);
    expect(receiver.counts.prompts, 'it was prompted').to.be.above(0);
  });

  it('delivers nothing of a group to users whom another node has removed', async function () {
    this.timeout(120_000);
    const { conversation_id, sender, leaving, admin } = await scene();
    const removal = { conversation_id, user_id: leaving.who.id };
    proxy?.cut();
    expect(await cluster.rest(cluster.node(0), admin).ask('remove_participant', removal)).to.include({ ok: true });
    const since = Date.now();
    expect(await sender.ask('message', { conversation_id, content: 'Without them' })).to.include({ ok: true });
    proxy?.restore();
    await until('they learn of it', () => !leaving.views.has(conversation_id), CONVERGED_WITHIN_MS);
    const late = leaving.received.filter(({ at, event }) => at > since && event.conversation_id === conversation_id);
    expect(late.filter(({ event }) => event.type !== 'conversation_update')).to.deep.equal([]);
  });

  it('refuses a session that was ended on another node, and closes its sockets, within seconds', async function () {
    this.timeout(120_000);
    const { sender } = await scene();
    proxy?.cut();
    expect(await cluster.rest(cluster.node(0), sender.who).ask('logout')).to.include({ ok: true });
    const refused = async () => (await cluster.rest(cluster.node(1), sender.who).ask('me')).status === 401;
    await until('it is refused', refused, 2_000);
    await until('its socket is closed', () => sender.loggedOut, CONVERGED_WITHIN_MS);
  });
});
