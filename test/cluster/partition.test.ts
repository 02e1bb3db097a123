import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { Follower } from './follower.ts';
import { openGate } from './gate.ts';
import { until } from './waiting.ts';

const CONVERGED_WITHIN_MS = 5_000;

describe('A node that alone is cut off from Redis', () => {
  let cluster: Cluster;
  let gate: Awaited<ReturnType<typeof openGate>> | undefined;
  let followers: Follower[] = [];
  before(async function () {
    this.timeout(60_000);
    cluster = await startCluster(this, { nodes: 1 });
    gate = await openGate(cluster.redis.port);
    await cluster.add({ REDIS_URL: `redis://127.0.0.1:${gate.port}` });
  });
  afterEach(() => {
    gate?.mend();
    for (const follower of followers) follower.stop();
  });
  after(async () => {
    await cluster?.stop();
    await gate?.stop();
  });

  async function scene() {
    const [whole, cut] = [cluster.node(0), cluster.node(1)];
    const members = (await cluster.enroll(3)) as [Member, Member, Member];
    const conversation_id = await cluster.group(whole, ...members);
    const [, mute, removed] = members;
    const speaker = new Follower(members[0], [cut.url], 'raw');
    const hearer = new Follower(mute, [whole.url], 'raw');
    const leaving = new Follower(removed, [cut.url], 'socketio');
    followers = [speaker, hearer, leaving];
    await until('all are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    return { conversation_id, speaker, hearer, leaving, admin: members[0] };
  }

  it('counts what it could not tell, and has the clients of the others catch up when it is back', async function () {
    this.timeout(20_000);
    const { conversation_id, speaker, hearer } = await scene();
    gate?.cut();
    for (let index = 0; index < 20; index += 1) {
      expect(await speaker.ask('message', { conversation_id, content: `${index}` })).to.include({ ok: true });
    }
    expect(hearer.contents(conversation_id) ?? [], 'need the other to have missed it').to.deep.equal([]);
    gate?.mend();
    const all = () => hearer.contents(conversation_id)?.length === 20;
    await until('the client of the other node shows all', all, CONVERGED_WITHIN_MS);
    expect(hearer.counts.prompts, 'it was prompted').to.be.above(0);
  });

  it('lets nobody hear of a group from which another node has removed them', async function () {
    this.timeout(20_000);
    const { conversation_id, speaker, leaving, admin } = await scene();
    const removal = { conversation_id, user_id: leaving.who.id };
    gate?.cut();
    expect(await cluster.rest(cluster.node(0), admin).ask('remove_participant', removal)).to.include({ ok: true });
    const since = Date.now();
    expect(await speaker.ask('message', { conversation_id, content: 'Without them' })).to.include({ ok: true });
    gate?.mend();
    await until('they learn of it', () => !leaving.views.has(conversation_id), CONVERGED_WITHIN_MS);
    const late = leaving.heard.filter(({ at, event }) => at > since && event.conversation_id === conversation_id);
    expect(late.filter(({ event }) => event.type !== 'conversation_update')).to.deep.equal([]);
  });

  it('refuses a session that was ended on another node, and closes its sockets, within some seconds', async function () {
    this.timeout(20_000);
    const { speaker } = await scene();
    gate?.cut();
    expect(await cluster.rest(cluster.node(0), speaker.who).ask('logout')).to.include({ ok: true });
    const refused = async () => (await cluster.rest(cluster.node(1), speaker.who).ask('me')).status === 401;
    await until('it is refused', refused, 2_000);
    await until('its socket is closed', () => speaker.loggedOut, CONVERGED_WITHIN_MS);
  });
});
