import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Node } from '../cluster/node.ts';
import { numbersOf, until } from '../monitoring/operator.ts';
import type { Person } from '../support/people.ts';
import { addressOf, type Nodes, startNodes } from './nodes.ts';
import { type ProxyName, type RunningProxy, requireProgram, startProxy } from './proxy.ts';

const POLLING = ['polling'];
const ORIGINS = { nginx: ['127.0.0.2', '127.0.0.3'], haproxy: ['127.0.0.4', '127.0.0.5'] } as const;

type Behind = RunningProxy & { signUp(name: string): Promise<Person> };

describe('Two nodes', function () {
  this.timeout(120_000);
  let cluster: Nodes;
  /** The one of them that reaches Redis through a TCP proxy, and that is stopped in the end. */
  let first: Node;
  const proxies = new Map<ProxyName, Behind>();
  before(async function () {
    cluster = await startNodes(this, []);
    first = await cluster.anotherProcess();
    await cluster.another('127.0.0.1:0');
  });
  after(async () => {
    await cluster?.stop();
    for (const proxy of proxies.values()) await proxy.stop();
  });

  /** Like a browser: sends its cookie with every request. */
  const browser = (person: Person, transports: string[]) => {
    const options = { transports, extraHeaders: { cookie: person.cookie } };
    return person.socketio(options);
  };

  for (const name of ['nginx', 'haproxy'] as const satisfies ProxyName[])
    describe(`behind ${name}, with the configuration of deploy/`, () => {
      let proxy: RunningProxy;
      let signUp: (name: string) => Promise<Person>;
      before(async function () {
        const binary = requireProgram(this, name);
        proxy = await startProxy(name, binary, cluster.nodes.map(addressOf));
        const people = cluster.peopleAt(proxy.url);
        signUp = (who) => people.signUp(`${who}-${name}`);
        proxies.set(name, { ...proxy, signUp });
      });

      it('pass messages between REST, Socket.IO by polling and by WebSocket, and plain WebSockets', async () => {
        const [alice, bob] = [await signUp('alice'), await signUp('bob')];
        const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
        const receivers = [
          await browser(bob, POLLING),
          await browser(bob, ['websocket']),
          await bob.socketio({ transports: POLLING }),
          await bob.socketio({ transports: ['polling', 'websocket'] }),
          await bob.raw(),
        ];
        const senders = [alice.rest, await browser(alice, POLLING), await alice.socketio(), await alice.raw()];
        for (const [index, sender] of senders.entries()) {
          const content = `message ${index} over ${sender.transport}`;
          expect(await sender.ask('message', { conversation_id, content })).to.include({ ok: true, content });
          for (const { inbox } of receivers) await inbox.next('message', { content });
        }
      });

      it('keep each long-polling client, and share them', async () => {
        const everybody: Person[] = [];
        const before = await connectionsByNode('polling');
        const perNode = async () =>
          (await connectionsByNode('polling')).map((count, node) => count - (before[node] ?? 0));
        // a node is chosen by a hash of the token: a few may have the same node
        while (everybody.length < 2 || (await perNode()).some((count) => count === 0)) {
          expect(everybody).to.have.length.below(20);
          const person = await signUp('poller');
          everybody.push(person);
          const client = await browser(person, POLLING);
          for (let each = 0; each < 10; each += 1) expect(await client.ask('me')).to.include({ id: person.id });
        }
        const [first = 0, second = 0] = await perNode();
        expect(first + second).to.equal(everybody.length); // both namespaces share a connection
      });

      it('count limits per client address, ignoring forged headers', async () => {
        const attempt = (localAddress: string, headers: Record<string, string> = {}) =>
          new Promise<number>((resolve, reject) => {
            const { hostname: host, port } = new URL(proxy.url);
            const json = { 'content-type': 'application/json', ...headers };
            const sent = request(
              { host, port, localAddress, path: '/api/login', method: 'POST', headers: json },
              (answer) => resolve(answer.resume().statusCode ?? 0),
            );
            sent
              .on('error', reject)
              .end(JSON.stringify({ username: `nobody-${Math.random()}`, password: 'WrongPassword1' }));
          });
        const [one, other] = ORIGINS[name]; // the nodes are the same behind both
        for (let each = 0; each < 5; each += 1) expect(await attempt(one)).to.equal(401);
        expect(await attempt(one)).to.equal(429);
        expect(await attempt(one, { 'x-forwarded-for': '203.0.113.7' })).to.equal(429);
        expect(await attempt(other)).to.equal(401);
      });

      if (name === 'haproxy') {
        it('are disabled by /readyz while they cannot reach Redis, and enabled again', async () => {
          const from = proxy.output().length;
          const logged = (pattern: RegExp) => until(async () => pattern.test(proxy.output().slice(from)));
          cluster.line.hold();
          await logged(/Server nodes\/node1 is DOWN, reason: Layer7 wrong status, code: 503/);
          const before = await numbersOf(first.url);
          for (let each = 0; each < 20; each += 1) {
            const answer = await fetch(`${proxy.url}/api/me`, { headers: { cookie: `token=somebody-${each}` } });
            expect(answer.status).to.equal(401);
          }
          const unauthorized = 'mmchat_http_requests_total{status="401"}';
          const after = await numbersOf(first.url);
          expect(after.get(unauthorized)).to.equal(before.get(unauthorized));
          cluster.line.release();
          await logged(/Server nodes\/node1 is UP/);
        });

        it('serve also while Redis is down and none of them is ready', async () => {
          const person = await signUp('user');
          const from = proxy.output().length;
          await cluster.redis.kill('SIGKILL');
          await until(async () =>
            /Running on backup|no server available|nodes\/node2 is DOWN/.test(proxy.output().slice(from)),
          );
          await until(async () => /nodes\/node1 is DOWN/.test(proxy.output().slice(from)));
          expect(await person.rest.ask('me')).to.include({ ok: true, id: person.id });
          await cluster.redis.restart();
          await until(async () => /nodes\/node2 is UP/.test(proxy.output().slice(from)));
        });
      }
    });

  describe('behind both', () => {
    it('can be stopped one at a time: no request fails, and clients reconnect to the other', async () => {
      const scenes = await Promise.all([...proxies].map(sceneBehind));
      expect(scenes).not.to.deep.equal([]);
      let stopped = false;
      void first.kill('SIGTERM');
      const ended = first.ended.then((code) => {
        stopped = true;
        return code;
      });
      let asked = 0;
      while (!stopped || asked < 50) {
        for (const { name, url, alice } of scenes) {
          // of many sessions, so that both nodes receive requests
          const [path, cookie] = asked % 2 === 0 ? ['/api/me', alice.cookie] : ['/healthz', `token=login-${asked}`];
          const answer = await fetch(`${url}${path}`, { headers: { cookie } });
          expect(answer.status, `request ${asked} through ${name}`).to.equal(200);
          await delay(20); // below the rate limits of one origin and one account
        }
        asked += 1;
      }
      expect(await ended).to.equal(0);
      for (const { alice, bob, conversation_id } of scenes)
        for (const client of [await browser(bob, POLLING), await bob.socketio(), await bob.raw()]) {
          const content = `after it, over ${client.transport}`;
          const received = client.inbox.next('message', { content });
          expect(await alice.rest.ask('message', { conversation_id, content })).to.include({ ok: true });
          await received;
        }
    });

    async function sceneBehind([name, { url, signUp }]: [ProxyName, Behind]) {
      const [alice, bob] = [await signUp('alice'), await signUp('bob')];
      const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      return { name, url, alice, bob, conversation_id };
    }
  });

  function connectionsByNode(transport: string): Promise<number[]> {
    return Promise.all(
      cluster.nodes.map(
        async ({ url }) => (await numbersOf(url)).get(`mmchat_connections{transport="${transport}"}`) ?? 0,
      ),
    );
  }
});
