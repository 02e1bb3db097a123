import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { requireRedis } from '../support/services.ts';
import { limitMs } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import { Follower } from './follower.ts';
import type { ClusterNode } from './node.ts';
import { type SeveralRedis, startRedisCluster, startSentinels } from './several-redis.ts';
import { until } from './until.ts';

const CONFIRMED_WITHIN_MS = 900;
/** After another server has replaced the one that was killed. */
const CONVERGED_WITHIN_MS = 5_000;

const KINDS = { 'a Redis Cluster': startRedisCluster, 'a Redis that Sentinels watch': startSentinels };

for (const [kind, startRedis] of Object.entries(KINDS)) {
  describe(`Nodes that share ${kind}`, () => {
    let cluster: Cluster;
    let redis: SeveralRedis | undefined;
    const stopping: (() => void)[] = [];
    before(async function () {
      this.timeout(180_000);
      await requireRedis(this);
      [cluster, redis] = await Promise.all([startCluster(this), startRedis()]);
      const url = redis.url;
      const limits = {
        RATE_LIMITS: 'on',
        RATE_OPERATIONS: '6/60',
        RATE_SENDS: '10000/1',
        MAX_CONNECTIONS_PER_USER: '3',
      };
      await Promise.all([1, 2].map(() => cluster.addHere({ REDIS_URL: url, ...limits })));
    });
    after(async () => {
      for (const stop of stopping) stop(); // left running by a failed test
      await cluster?.stop();
      await redis?.stop();
    });

    it('receive each other’s messages, acknowledge a removal to each other, and count rates and connections together', async () => {
      const [admin, member] = (await cluster.enroll(2)) as [Member, Member];
      const [here, there] = [cluster.node(0), cluster.node(1)];
      const conversation_id = await cluster.group(here, admin, member);
      const [sender, receiver] = await Promise.all([
        cluster.client(here, admin),
        cluster.client(there, member, 'socketio'),
      ]);
      for (const content of ['one', 'two', 'three']) {
        expect(await sender.ask('message', { conversation_id, content })).to.include({ ok: true });
        expect(await receiver.inbox.next('message')).to.include({ content });
      }
      const asked = Date.now();
      expect(await sender.ask('remove_participant', { conversation_id, user_id: member.id })).to.include({ ok: true });
      expect(Date.now() - asked, 'need it to have been confirmed, not given up').to.be.below(CONFIRMED_WITHIN_MS);

      const codes: unknown[] = [];
      for (let index = 0; index < 8; index += 1) {
        const answer = await cluster.rest(index % 2 === 0 ? here : there, member).ask('me');
        codes.push(answer.ok ? 'ok' : answer.error.code);
      }
      expect(codes).to.deep.equal([...Array.from({ length: 6 }, () => 'ok'), 'rate_limited', 'rate_limited']);
      // refused if the nodes know each other's counts; closed if they admitted it at the same time
      let refused = 0;
      const reject = () => {
        refused += 1;
      };
      const open = async (node: ClusterNode) => {
        try {
          void (await cluster.client(node, member)).closed.then(reject);
        } catch (error) {
          expect(String(error)).to.include('429');
          reject();
        }
      };
      void receiver.closed.then(reject);
      await Promise.all([here, here, there].map(open));
      await until('the fourth connection is refused', () => refused === 1);
    });

    it('converge when the server that carries their messages is killed and another replaces it', async function () {
      this.timeout(120_000);
      const [one, other] = (await cluster.enroll(2)) as [Member, Member];
      const conversation_id = await cluster.group(cluster.node(0), one, other);
      const followers = [one, other].map((who, index) => new Follower(who, [cluster.node(index).url], 'raw'));
      const [sender, receiver] = followers as [Follower, Follower];
      await until('both are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
      const acked: string[] = [];
      let over = false;
      stopping.push(() => {
        over = true;
        for (const each of followers) each.stop();
      });
      const talking = (async () => {
        for (let index = 0; !over; index += 1) {
          const content = `number ${index}`;
          const asked = Date.now();
          const answer = await sender.ask('message', { conversation_id, content, client_message_id: content });
          expect(answer, content).to.include({ ok: true });
          expect(Date.now() - asked, 'nobody waits for Redis').to.be.below(limitMs(1_500));
          acked.push(content);
          await delay(20);
        }
      })();
      const [[installationId = '']] = (await cluster.query('select id from installation')) as [string[]];
      await redis?.failOver(installationId);
      const since = Date.now();
      const live = new Set(receiver.received.map(({ event }) => event.content));
      const missed = acked.filter((content) => !live.has(content));
      expect(missed, 'need the other node to have missed something').to.not.be.empty;
      const received = () => receiver.received.some(({ event }) => event.content === acked.at(-1));
      await until('messages are received live again', received, CONVERGED_WITHIN_MS);
      over = true;
      await talking;
      const shows = () => acked.every((content) => receiver.contents(conversation_id)?.includes(content));
      await until('all is shown', shows, CONVERGED_WITHIN_MS);
      process.stdout.write(
        `      converged ${Date.now() - since} ms after the failover, ${missed.length} were missed\n`,
      );
      expect(receiver.counts.connects, 'the connection was not lost').to.equal(1);
      expect(cluster.nodes.every(({ running }) => running)).to.equal(true);
      const answer = await cluster.rest(cluster.node(0), one).ask('me');
      expect(answer, 'limits go on').to.include({ ok: true });
    });
  });
}
