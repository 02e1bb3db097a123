import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { IS_SOAK, limitMs } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

const CONVERGED_WITHIN_MS = 5_000;
const MOST_GROWTH_BYTES = 64 * 1024 * 1024;
/** The memory of a whole node under load varies; `unanswered` tests the bound itself. */
const MOST_UNDER_LOAD_BYTES = 4 * MOST_GROWTH_BYTES;
/** The soak sends more than twice the bound. */
const FLOOD_MESSAGES = IS_SOAK ? 6_000 : 600;
const FLOOD_AT_ONCE = 50;
const BETWEEN_SENDS_MS = IS_SOAK ? 20 : 60;

describe('While Redis', () => {
  let cluster: Cluster;
  let followers: Follower[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { processes: 2, separate: ['redis'] });
  });
  afterEach(() => {
    for (const follower of followers) follower.stop();
  });
  after(() => cluster?.stop());

  /** Three people in a group: two on the first node, one on the second, each on another transport. */
  async function scene() {
    const members = (await cluster.enroll(3)) as [Member, Member, Member];
    const [here, there] = cluster.nodes.map(({ url }) => url) as [string, string];
    const [conversation_id, aside] = [await group(...members), await group(...members)];
    const places = [here, here, there];
    const wires = ['raw', 'polling', 'socketio'] as const;
    followers = members.map((member, index) => new Follower(member, [places[index] ?? ''], wires[index] ?? 'raw'));
    const [sender, neighbour, stranger] = followers as [Follower, Follower, Follower];
    await until('all are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    return { sender, neighbour, stranger, conversation_id, aside };
  }
  const group = (...members: Member[]) => cluster.group(cluster.node(0), ...members);

  /**
   * Keeps sending: each message is acknowledged, and received on its own node. The two nodes send to different groups, so
   * that no number of the one shows the other what it missed.
   */
  async function talk(here: Awaited<ReturnType<typeof scene>>, ms: number) {
    const { sender, neighbour, stranger, conversation_id, aside } = here;
    const [acked, end] = [[] as string[], Date.now() + ms];
    let slowest = 0;
    for (let index = 0; Date.now() < end; index += 1) {
      for (const by of [sender, stranger]) {
        const content = `${by.who.username} ${index}`;
        const asked = Date.now();
        const group = by === sender ? conversation_id : aside;
        const answer = await by.ask('message', { conversation_id: group, content, client_message_id: content });
        expect(answer, content).to.include({ ok: true, content });
        slowest = Math.max(slowest, Date.now() - asked);
        if (by === sender) acked.push(content);
      }
      await until(
        'it is received on the same node',
        () => neighbour.contents(conversation_id)?.length === acked.length,
      );
      await delay(BETWEEN_SENDS_MS);
    }
    return { acked, slowest };
  }

  async function expectAllConverge(conversation_id: number, acked: readonly string[]): Promise<void> {
    const shows = ({ who }: Follower) => `${who.username} shows all`;
    for (const each of followers) {
      await until(shows(each), () => acked.every((content) => each.contents(conversation_id)?.includes(content)));
      const mine = each.contents(conversation_id)?.filter((content) => acked.includes(content)) ?? [];
      expect(mine, 'each once').to.have.length(acked.length);
    }
    const rows = await cluster.query(`select count(*) from messages where conversation_id = ${conversation_id}`);
    expect(Number(rows[0]?.[0])).to.equal(acked.length);
  }

  const FAULTS: Record<string, { cut(): Promise<void>; back(): Promise<void>; ms: number }> = {
    'is down': { cut: () => cluster.redis.kill('SIGKILL'), back: () => cluster.redis.restart(), ms: 2_500 },
    'is paused': { cut: () => cluster.redis.kill('SIGSTOP'), back: () => cluster.redis.kill('SIGCONT'), ms: 10_000 },
  };
  for (const [title, { cut, back, ms }] of Object.entries(FAULTS)) {
    it(`${title}, sends continue on each node, and when it is back every client converges within 5 s`, async function () {
      this.timeout(120_000);
      const here = await scene();
      const { stranger, conversation_id } = here;
      const memory = cluster.processes.map((node) => node.memory());
      const before = followers.map(({ counts }) => counts.connects);
      await cut();
      const { acked, slowest } = await talk(here, ms);
      expect(slowest, 'ms for the slowest send').to.be.below(limitMs(1_500));
      for (const { who } of followers) {
        for (const node of cluster.nodes) expect(await cluster.rest(node, who).ask('me')).to.include({ ok: true });
      }
      const missed = acked.filter((content) => !stranger.contents(conversation_id)?.includes(content));
      expect(missed, 'need the other node to have missed something').to.not.be.empty;
      await back();
      const since = Date.now();
      await expectAllConverge(conversation_id, acked);
      expect(Date.now() - since).to.be.below(CONVERGED_WITHIN_MS);
      await until('the server prompts', () => stranger.counts.prompts > 0, CONVERGED_WITHIN_MS);
      expect(
        followers.map(({ counts }) => counts.connects),
        'nobody lost the connection',
      ).to.deep.equal(before);
      expect(followers.filter(({ loggedOut }) => loggedOut)).to.deep.equal([]);
      for (const [index, node] of cluster.processes.entries()) {
        expect(node.running).to.equal(true);
        expect(node.memory() - (memory[index] ?? 0)).to.be.below(MOST_GROWTH_BYTES);
      }
    });
  }

  it('is restarted, empty, nothing is lost and delivery between the nodes continues', async function () {
    this.timeout(120_000);
    const here = await scene();
    const talking = talk(here, 2_000);
    await cluster.redis.restart();
    const { acked } = await talking;
    await expectAllConverge(here.conversation_id, acked);
    let caughtUp = true;
    // each node may still be prompting its clients to sync, for 1.5 s
    for (let tries = 1; caughtUp && tries <= 5; tries += 1) {
      const { syncs } = here.stranger.counts;
      const content = `live again ${tries}`;
      await here.sender.ask('message', { conversation_id: here.conversation_id, content });
      await until('it is received live', () => here.stranger.received.some(({ event }) => event.content === content));
      caughtUp = here.stranger.counts.syncs > syncs;
    }
    expect(caughtUp, 'a message is received without a sync').to.equal(false);
    expect(cluster.nodes.every(({ running }) => running)).to.equal(true);
  });

  it('is paused and much is sent, memory stays bounded and nothing is lost', async function () {
    this.timeout(120_000);
    const { sender, stranger, conversation_id } = await scene();
    const content = '€'.repeat(4_000); // 12 kB each
    const acked: number[] = [];
    /** Gives the most memory that each node took meanwhile. */
    async function flood(messages: number): Promise<number[]> {
      const most = cluster.processes.map((node) => node.memory());
      for (let sent = 0; sent < messages; sent += FLOOD_AT_ONCE) {
        const sends = Array.from({ length: FLOOD_AT_ONCE }, () => sender.ask('message', { conversation_id, content }));
        for (const answer of await Promise.all(sends)) if (answer?.ok) acked.push(answer.message_id);
        for (const [index, node] of cluster.processes.entries())
          most[index] = Math.max(most[index] ?? 0, node.memory());
      }
      return most;
    }
    const before = await flood(FLOOD_MESSAGES / 4); // what memory the load itself takes
    await cluster.redis.kill('SIGSTOP');
    const sent = acked.length;
    const frozen = await flood(FLOOD_MESSAGES);
    const grown = frozen.map((bytes, index) => bytes - (before[index] ?? 0));
    await cluster.redis.kill('SIGCONT');
    process.stdout.write(
      `      ${acked.length - sent} of 12 kB sent, grown by ${grown.map((bytes) => (bytes / 1e6).toFixed(0))} MB\n`,
    );
    expect(acked.length, 'need enough to matter').to.be.above(500);
    for (const bytes of grown) expect(bytes).to.be.below(MOST_UNDER_LOAD_BYTES);
    const shown = () => stranger.views.get(conversation_id);
    await until('the other node shows the newest', () => shown()?.messages.has(acked.at(-1) ?? 0) === true);
    const from = shown()?.from ?? 0;
    const wanted = acked.filter((_, index) => index + 1 >= from);
    expect(wanted.filter((id) => !shown()?.messages.has(id))).to.deep.equal([]);
    expect(cluster.nodes.every(({ running }) => running)).to.equal(true);
  });
});
