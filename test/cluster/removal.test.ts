import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { until } from './waiting.ts';
import { open } from './wire.ts';

/** What is under way to a client when the removal is acknowledged needs no longer on this machine. */
const IN_FLIGHT_MS = 40;
/** For so long before the removal, what others send piles up where it is held back. */
const UNDER_WAY_MS = 300;

describe('Who is removed from a group', () => {
  let cluster: Cluster;
  const closing: { close(): void }[] = [];
  before(async function () {
    this.timeout(60_000);
    cluster = await startCluster(this, { nodes: 3 });
  });
  afterEach(async () => {
    for (const each of closing.splice(0)) each.close();
    for (const node of cluster.nodes) node.thaw();
    await cluster.redis.kill('SIGCONT');
  });
  after(() => cluster?.stop());

  /** An admin on the first node, a sender at full speed on the second or more, the one who will be removed on the third. */
  async function scene(speaking = [1, 2]) {
    const [admin, sender, removed, stays] = (await cluster.enroll(4)) as [Member, Member, Member, Member];
    const first = cluster.node(0);
    const conversation_id = await cluster.group(first, admin, sender, removed, stays);
    const frames: Record<'removed' | 'stays', { seq: number; at: number; type: string }[]> = { removed: [], stays: [] };
    const listen = async (who: Member, name: keyof typeof frames, wire: 'raw' | 'socketio' = 'raw') => {
      const url = cluster.node(2).url;
      const connection = await open(url, who.token, wire, (event) => {
        if (event.conversation_id === conversation_id)
          frames[name].push({ seq: event.seq, at: Date.now(), type: event.type });
      });
      closing.push(connection);
      return connection;
    };
    await listen(removed, 'removed');
    await listen(removed, 'removed', 'socketio');
    await listen(stays, 'stays');
    const speakers = await Promise.all(speaking.map((index) => cluster.client(cluster.node(index), sender)));
    let isOver = false;
    const lines = speakers.flatMap((speaker) =>
      [1, 2, 3, 4].map(async () => {
        while (!isOver) await speaker.ask('message', { conversation_id, content: 'Hello!' });
      }),
    );
    const ended = () => {
      isOver = true;
      return Promise.race([Promise.all(lines), delay(3_000)]);
    };
    closing.push({ close: () => void ended() });
    await until('all hear', () => frames.removed.length > 50 && frames.stays.length > 50);
    const remove = () => cluster.rest(first, admin).ask('remove_participant', { conversation_id, user_id: removed.id });
    return { admin, removed, stays, conversation_id, frames, listen, ended, remove };
  }
  type Scene = Awaited<ReturnType<typeof scene>>;

  /** From the acknowledgement on nothing comes any more, while the one who stays still hears of it all. */
  async function expectSilence({ frames, conversation_id }: Scene, since: number, andUntil: () => boolean) {
    await until('the other still hears', andUntil, 10_000);
    const late = frames.removed.filter(({ at, type }) => at > since + IN_FLIGHT_MS && type !== 'conversation_update');
    expect(late.slice(0, 3), `${late.length} frames after the acknowledgement, of ${conversation_id}`).to.deep.equal(
      [],
    );
  }
  const more = ({ frames }: Scene, count: number) => {
    const now = frames.stays.length;
    return () => frames.stays.length > now + count;
  };

  it('hears nothing more of it from the acknowledgement on, while others on other nodes send at full speed', async function () {
    this.timeout(20_000);
    const here = await scene();
    expect(await here.remove()).to.include({ ok: true });
    await expectSilence(here, Date.now(), more(here, 300));
  });

  it('hears nothing more after reconnecting, nor by sync, nor over REST', async function () {
    this.timeout(20_000);
    const here = await scene();
    const { removed, conversation_id, frames, listen } = here;
    expect(await here.remove()).to.include({ ok: true });
    const [known, heard] = [frames.stays[0]?.seq ?? 0, frames.removed.length];
    const again = await listen(removed, 'removed');
    const answer = await again.ask('sync', { conversations: { [conversation_id]: known } });
    expect(answer?.conversations).to.deep.equal({});
    expect(answer?.removed_conversations).to.deep.equal([conversation_id]);
    for (const node of cluster.nodes) {
      expect(await cluster.rest(node, removed).ask('list_messages', { conversation_id })).to.include({ status: 403 });
    }
    await until('the other still hears', more(here, 300));
    expect(frames.removed.slice(heard).filter(({ type }) => type !== 'conversation_update')).to.deep.equal([]);
  });

  it('hears nothing more though Redis is cut during the removal, and when it is back', async function () {
    this.timeout(30_000);
    const here = await scene();
    await cluster.redis.kill('SIGKILL');
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await expectSilence(here, since, more(here, 100));
    await cluster.redis.restart();
    await expectSilence(here, since, more(here, 500));
  });

  it('hears nothing more though Redis is frozen during the removal, and when it goes on', async function () {
    this.timeout(30_000);
    const here = await scene([1]); // nothing is sent on their own node, which would make it look who is left
    await cluster.redis.kill('SIGSTOP');
    await delay(UNDER_WAY_MS);
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await delay(UNDER_WAY_MS);
    await cluster.redis.kill('SIGCONT');
    await expectSilence(here, since, more(here, 300));
  });

  it('hears nothing more from an acknowledgement on that waits for a node which stands still for a moment', async function () {
    this.timeout(30_000);
    const here = await scene([1]);
    cluster.node(2).freeze();
    await delay(UNDER_WAY_MS);
    const removal = here.remove();
    await delay(UNDER_WAY_MS);
    cluster.node(2).thaw();
    expect(await removal).to.include({ ok: true });
    const since = Date.now();
    await here.listen(here.stays, 'stays'); // as below
    await expectSilence(here, since, more(here, 300));
  });

  it('hears nothing more though their node stands still for seconds during the removal, and when it goes on', async function () {
    this.timeout(30_000);
    const here = await scene([1]);
    cluster.node(2).freeze();
    await delay(UNDER_WAY_MS);
    expect(await here.remove()).to.include({ ok: true });
    const since = Date.now();
    await delay(1_000);
    cluster.node(2).thaw();
    // a node that stood still closes the connections that it had something to write to
    await here.listen(here.stays, 'stays');
    await expectSilence(here, since, more(here, 300));
  });
});
