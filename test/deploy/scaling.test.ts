import { expect } from 'chai';
import type { ClusterNode } from '../cluster/node.ts';
import { growth, numbersOf, until } from '../monitoring/operator.ts';
import type { Client } from '../support/clients.ts';
import type { People, Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { type NameServer, startNameServer } from './name-server.ts';
import { type Nodes, startNodes } from './nodes.ts';
import { type RunningProxy, requireProgram, startProxyByName } from './proxy.ts';

const ADDRESSES = ['127.0.1.1', '127.0.1.2', '127.0.1.3'] as const;
const POLLERS = 12;
const STRANGERS = 60;

describe('Nodes that HAProxy finds by name, as in deploy/compose.yaml', function () {
  this.timeout(120_000);
  let cluster: Nodes;
  let names: NameServer;
  let proxy: RunningProxy;
  let people: People;
  let port: number;
  const [first, second, third] = ADDRESSES;

  before(async function () {
    const [haproxy, dnsmasq] = [requireProgram(this, 'haproxy'), requireProgram(this, 'dnsmasq')];
    port = await freePort();
    // on the main port the metrics are for 127.0.0.1 only
    cluster = await startNodes(this, [`${first}:${port}`, `${second}:${port}`], { METRICS_ADDR: '127.0.0.1:0' });
    names = await startNameServer(dnsmasq, 'node', [first, second]);
    proxy = await startProxyByName(haproxy, `node:${port}`, names.port);
    await until(async () => (await fetch(`${proxy.url}/healthz`)).ok);
    people = cluster.peopleAt(proxy.url);
  });
  after(async () => {
    await proxy?.stop();
    await names?.stop();
    await cluster?.stop();
  });

  const poll = (person: Person) =>
    person.socketio({ transports: ['polling'], extraHeaders: { cookie: person.cookie } } as object);
  const logged = (pattern: RegExp) => until(async () => pattern.test(proxy.output()));
  const numbersAt = (node: ClusterNode) => / (http\S+)\/metrics$/m.exec(node.output())?.[1] ?? '';
  const pollersAt = async (node: ClusterNode) =>
    (await numbersOf(numbersAt(node))).get('mmchat_connections{transport="polling"}') ?? 0;
  /** How many of many new clients each node receives. */
  const strangersAt = (node: ClusterNode) =>
    growth(numbersAt(node), 'mmchat_http_requests_total{status="401"}', async () => {
      for (let each = 0; each < STRANGERS; each += 1)
        expect((await fetch(`${proxy.url}/api/me`, { headers: { cookie: `token=${each}` } })).status).to.equal(401);
    });

  it('share the clients; a new node receives some and the others stay; a removed node’s clients move', async () => {
    const everybody: { person: Person; client: Client }[] = [];
    while (everybody.length < POLLERS) {
      const person = await people.signUp('poller');
      everybody.push({ person, client: await poll(person) });
    }
    const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
    const before = await Promise.all([pollersAt(one), pollersAt(two)]);
    expect(before[0] + before[1]).to.equal(POLLERS);
    for (const { client, person } of everybody)
      for (let each = 0; each < 5; each += 1) expect(await client.ask('me')).to.include({ id: person.id });

    const added = await cluster.another(`${third}:${port}`);
    await names.set(ADDRESSES);
    await logged(/Server nodes\/node3 .* is UP/);
    expect(await askAll()).to.be.below(POLLERS);
    expect(await strangersAt(added)).to.be.within(1, STRANGERS - 1);

    const removed = before[0] > 0 ? one : two;
    await names.set(ADDRESSES.filter((address) => !removed.url.includes(address)));
    await logged(/Server nodes\/node\d is going DOWN for maintenance \(No IP/);
    expect(await askAll()).to.be.below(POLLERS);
    expect(await strangersAt(removed)).to.equal(0);

    /** Every client sends a request, and reconnects if necessary. Returns how many reconnected. */
    async function askAll(): Promise<number> {
      let moved = 0;
      for (const each of everybody) {
        const { id } = each.person;
        const answer = await Promise.race([each.client.ask('me').catch(() => undefined), each.client.closed]);
        if (typeof answer === 'object') continue;
        moved += 1;
        each.client = await poll(each.person);
        expect(await each.client.ask('me')).to.include({ id });
      }
      return moved;
    }
  });
});
