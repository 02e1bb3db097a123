import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Cluster, startCluster } from './cluster.ts';
import { expectSilence, more, removalScene } from './removal-fixture.ts';
import { until } from './until.ts';

/** For so long before the removal, messages accumulate where they are held back. */
const UNDER_WAY_MS = 300;

describe('A user who is removed from a group', () => {
  let cluster: Cluster;
  const closing: { close(): void }[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 2, processes: 1, separate: ['redis'] });
  });
  afterEach(async () => {
    for (const each of closing.splice(0)) each.close();
    cluster.process(0).resume();
    await cluster.redis.kill('SIGCONT');
  });
  after(() => cluster?.stop());

  const scene = (sending = [1, 2], pauseMs?: number) => removalScene(cluster, closing, sending, pauseMs);

  it('receives nothing of it after the acknowledgement, while others on other nodes send at full speed', async function () {
    this.timeout(120_000);
    const here = await scene([1, 2], 0);
    expect(await here.remove()).to.include({ ok: true });
    await expectSilence(here, Date.now(), more(here, 200));
  });

  it('receives nothing after reconnecting, by sync, or over REST', async function () {
    this.timeout(120_000);
    const here = await scene();
    const { removed, conversation_id, frames, listen } = here;
    expect(await here.remove()).to.include({ ok: true });
    const [known, received] = [frames.stays[0]?.seq ?? 0, frames.removed.length];
    const again = await listen(removed, 'removed');
    const answer = await again.ask('sync', { conversations: { [conversation_id]: known } });
    expect(answer?.conversations).to.deep.equal({});
    expect(answer?.removed_conversations).to.deep.equal([conversation_id]);
    for (const node of cluster.nodes) {
      expect(await cluster.rest(node, removed).ask('list_messages', { conversation_id })).to.include({ status: 403 });
    }
    await until('the other still receives', more(here, 200));
    expect(frames.removed.slice(received).filter(({ type }) => type !== 'conversation_update')).to.deep.equal([]);
  });

  it('receives nothing though Redis is disconnected during the removal, and when it is back', async function () {
    this.timeout(120_000);
    const here = await scene();
    await cluster.redis.kill('SIGKILL');
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await expectSilence(here, since, more(here, 100));
    await cluster.redis.restart();
    await expectSilence(here, since, more(here, 200));
  });

  it('receives nothing though Redis is paused during the removal, and when it resumes', async function () {
    this.timeout(120_000);
    const here = await scene([1]); // nothing is sent on their own node, which would make it read the members
    await cluster.redis.kill('SIGSTOP');
    await delay(UNDER_WAY_MS);
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await delay(UNDER_WAY_MS);
    await cluster.redis.kill('SIGCONT');
    await expectSilence(here, since, more(here, 200));
  });

  it('receives nothing after an acknowledgement that waits for a node which is paused for a moment', async function () {
    this.timeout(120_000);
    const here = await scene([1]);
    cluster.process(0).pause();
    await delay(UNDER_WAY_MS);
    const removal = here.remove();
    await delay(UNDER_WAY_MS);
    cluster.process(0).resume();
    expect(await removal).to.include({ ok: true });
    const since = Date.now();
    await here.listen(here.stays, 'stays'); // as below
    await expectSilence(here, since, more(here, 200));
  });

  it('receives nothing though their node is paused for seconds during the removal, and when it resumes', async function () {
    this.timeout(120_000);
    const here = await scene([1]);
    cluster.process(0).pause();
    await delay(UNDER_WAY_MS);
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await delay(1_000);
    cluster.process(0).resume();
    // a node that was paused closes the connections that it had something to write to
    await here.listen(here.stays, 'stays');
    await expectSilence(here, since, more(here, 200));
  });
});
