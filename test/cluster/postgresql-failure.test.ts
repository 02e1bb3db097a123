import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { IS_SOAK } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

/** Every client is answered within this time. */
const ANSWERED_WITHIN_MS = 11_000;
/** After this time without an answer of PostgreSQL a connection is replaced; the soak uses the default. */
const TIMES = IS_SOAK ? {} : { DATABASE_TIMEOUT_SEC: '4' };
/** In the soak, longer than a client waits for an answer. */
const FROZEN_MS = IS_SOAK ? ANSWERED_WITHIN_MS : 6_000;
const HEALED_WITHIN_MS = 5_000;
/** The 5 s after which PostgreSQL ends a transaction in which nothing happens, and some. */
const LOCKED_FOR_AT_MOST_MS = 6_500;
const BARRIER_SEC = 1.5;
/** Of one of the six lines of sends. */
const BETWEEN_SENDS_MS = IS_SOAK ? 20 : 60;

type Try = { content: string; ok: boolean; code: string | undefined; took: number };

describe('While PostgreSQL', () => {
  let cluster: Cluster;
  let followers: Follower[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 1, processes: 1, separate: ['postgresql'], env: TIMES });
  });
  afterEach(() => {
    cluster.postgresql.resume();
    for (const follower of followers) follower.stop();
  });
  after(() => cluster?.stop());

  async function scene() {
    const members = (await cluster.enroll(2)) as [Member, Member];
    const conversation_id = await cluster.group(cluster.node(0), ...members);
    followers = members.map((who, index) => new Follower(who, [cluster.node(index).url], 'raw'));
    await until('both are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    return { conversation_id, members };
  }

  /** Sends on both nodes until it is stopped, a few at a time, and returns the result of each. */
  function talking(conversation_id: number, tag: string) {
    const tries: Try[] = [];
    let stopped = false;
    async function send(by: Follower, line: number): Promise<void> {
      for (let index = 0; !stopped; index += 1) {
        const content = `${tag} ${by.who.username} ${line} ${index}`;
        const asked = Date.now();
        const answer = await by.ask('message', { conversation_id, content, client_message_id: content });
        tries.push({ content, ok: answer?.ok === true, code: answer?.error?.code, took: Date.now() - asked });
        await delay(BETWEEN_SENDS_MS);
      }
    }
    const sending = followers.flatMap((by) => [1, 2, 3].map((line) => send(by, line)));
    return {
      tries,
      async end(): Promise<Try[]> {
        stopped = true;
        await Promise.all(sending);
        return tries;
      },
    };
  }

  async function expectNothingLost(conversation_id: number, tries: readonly Try[]): Promise<void> {
    const where = `conversation_id = ${conversation_id} and event is null`;
    const rows = (await cluster.query(`select content from messages where ${where}`)).map(([content]) => content);
    const acked = tries.filter(({ ok }) => ok).map(({ content }) => content);
    const refused = tries.filter(({ ok }) => !ok);
    expect(refused.map(({ code }) => code)).to.deep.equal(refused.map(() => 'database_unavailable'));
    expect(new Set(rows), 'nothing twice').to.have.property('size', rows.length);
    expect(acked.filter((content) => !rows.includes(content))).to.deep.equal([]);
    const again = refused.slice(0, 20).map(({ content }) => {
      return followers[0]?.ask('message', { conversation_id, content, client_message_id: content });
    });
    for (const answer of await Promise.all(again)) expect(answer, 'the pool has recovered').to.include({ ok: true });
    for (const each of followers) {
      await until('all that was acked is shown', () =>
        acked.every((one) => each.contents(conversation_id)?.includes(one)),
      );
    }
  }

  const FAULTS: Record<string, () => Promise<void>> = {
    'is restarted, closing every connection': () => cluster.postgresql.restart(),
    'is stopped for some seconds': async () => {
      await cluster.postgresql.kill('SIGQUIT');
      await delay(3_000);
      await cluster.postgresql.restart();
    },
    'is paused for longer than nodes wait for it': async () => {
      cluster.postgresql.pause();
      await delay(FROZEN_MS);
      cluster.postgresql.resume();
    },
  };
  for (const [title, fault] of Object.entries(FAULTS)) {
    it(`${title}, sends are refused in time, none is acknowledged and lost, and the pool recovers`, async function () {
      this.timeout(120_000);
      const { conversation_id } = await scene();
      const talk = talking(conversation_id, title.slice(0, 20));
      await until('some are sent', () => talk.tries.length > 20);
      await fault();
      const back = talk.tries.length;
      await until('sends are accepted again', () => talk.tries.slice(back).some(({ ok }) => ok), HEALED_WITHIN_MS);
      const tries = await talk.end();
      expect(
        tries.some(({ ok }) => !ok),
        'need some to have been refused',
      ).to.equal(true);
      expect(Math.max(...tries.map(({ took }) => took))).to.be.below(ANSWERED_WITHIN_MS);
      await expectNothingLost(conversation_id, tries);
      expect(cluster.nodes.every(({ running }) => running)).to.equal(true);
      expect(followers.map(({ counts, loggedOut }) => [counts.connects, loggedOut])).to.deep.equal([
        [1, false],
        [1, false],
      ]);
    });
  }

  it('holds the locks of a node that is paused in a transaction, others wait for 5 s and continue, and so does it', async function () {
    this.timeout(120_000);
    const { conversation_id, members } = await scene();
    const [free, stuck] = [cluster.node(0), cluster.process(0)];
    const sessions = async (where: string) => {
      // each node has a transaction that stays idle: the lock by which servers find out about each other
      const others = "pid <> pg_backend_pid() and application_name <> 'mmchat lock'";
      const own = `datname = current_database() and ${others} and ${where}`;
      return Number((await cluster.query(`select count(*) from pg_stat_activity where ${own}`))[0]?.[0]);
    };
    // between its lock of the conversation and what it looks up then: the rest goes out with the commit
    const barrier = cluster.query(`begin; lock table users; select pg_sleep(${BARRIER_SEC}); commit`);
    await until('the barrier is up', async () => (await sessions("wait_event = 'PgSleep'")) === 1);
    const held = { conversation_id, content: 'held', client_message_id: 'held' };
    const answered = cluster.rest(stuck, members[0]).ask('message', held);
    const waiting = "wait_event_type = 'Lock' and query like '%client_message_id%'";
    await until('the node is in its transaction', async () => (await sessions(waiting)) === 1);
    stuck.pause();
    try {
      await barrier;
      await until('it keeps the lock', async () => (await sessions("state = 'idle in transaction'")) === 1);
      const asked = Date.now();
      const other = { conversation_id, content: 'of another node' };
      expect(await cluster.rest(free, members[1]).ask('message', other)).to.include({ ok: true });
      expect(Date.now() - asked, 'need it to have waited for the lock').to.be.within(1_000, LOCKED_FOR_AT_MOST_MS);
    } finally {
      stuck.resume();
    }
    expect(await answered).to.deep.include({ ok: false, status: 503 });
    expect(await cluster.rest(stuck, members[0]).ask('message', held), 'the same node goes on').to.include({
      ok: true,
    });
    await expectNothingLost(conversation_id, []);
    const rows = await cluster.query(`select content from messages where conversation_id = ${conversation_id}`);
    expect(rows.flat().sort()).to.deep.equal(['held', 'of another node']);
  });

  it('is unavailable, REST calls are answered with 503 and the time to wait', async function () {
    this.timeout(120_000);
    const { conversation_id, members } = await scene();
    await cluster.postgresql.kill('SIGQUIT');
    const answer = await fetch(`${cluster.node(0).url}/api/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${members[0].token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ conversation_id, content: 'Hello!' }),
    });
    const body = await answer.json();
    await cluster.postgresql.restart();
    expect(answer.status).to.equal(503);
    expect(body).to.include({ success: false, code: 'database_unavailable' });
    expect(Number(answer.headers.get('retry-after'))).to.be.above(0);
    const [by] = followers as [Follower];
    const accepted = async () => (await by.ask('message', { conversation_id, content: 'Hello!' }))?.ok === true;
    await until('sends are accepted again', accepted);
  });
});
