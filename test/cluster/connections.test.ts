import { expect } from 'chai';
import { type Client, raw, socketio } from '../support/clients.ts';
import { limitMs } from '../support/soak.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';
import type { ClusterNode } from './node.ts';
import { until } from './until.ts';

const MOST = 20;
/** How many connections at once are opened to find out how busy the machine is. */
const SEVERAL = 4;
/** A node that is killed is counted for 2 s more. */
const FREED_WITHIN_MS = 3_500;
/** That Redis has stopped is noticed at once. */
const ALONE_WITHIN_MS = limitMs(1_500);

describe('Connections of one user to several nodes', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { separate: ['redis'] });
    const limits = { RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '' };
    await cluster.addHere(limits);
    await cluster.add(limits);
    await until('they know each other', async () => {
      const [one] = (await cluster.enroll(1)) as [Member];
      const client = await raw(cluster.node(0).url, one.token);
      const [other] = await Promise.all([knowsOf(one), client.ask('me')]);
      client.close();
      return other;
    });
  });
  after(() => cluster?.stop());

  /** Whether the other node counts a user's connection to the first. */
  async function knowsOf({ id }: Member): Promise<boolean> {
    const [stranger] = (await cluster.enroll(1)) as [Member];
    const node = cluster.node(1);
    const conversation_id = await cluster.group(node, stranger, { id, token: '' });
    const { participants } = await cluster.rest(node, stranger).ask('list_participants', { conversation_id });
    return participants.some((each: { id: number; online: boolean }) => each.id === id && each.online);
  }

  /** How long it took to open several connections the last time: on a busy machine all takes longer, the clients too. */
  let tookMs = 0;
  const patiently = (ms: number) => ms + 3 * tookMs;

  /** Opens so many at once, over both kinds of transport, and gives those that were admitted and stay so. */
  async function open(node: ClusterNode, who: Member, count: number): Promise<Client[]> {
    const began = performance.now();
    const tries = Array.from({ length: count }, (_, index) =>
      (index % 2 === 0 ? raw : socketio)(node.url, who.token).catch(() => undefined),
    );
    const clients = (await Promise.all(tries)).flatMap((client) => client ?? []);
    const asked = clients.map(async (client) => {
      const answer = await Promise.race([client.ask('me').catch(() => 'lost'), client.closed]);
      return typeof answer === 'object' ? client : undefined;
    });
    const admitted = (await Promise.all(asked)).flatMap((client) => client ?? []);
    if (admitted.length >= SEVERAL) tookMs = performance.now() - began;
    return admitted;
  }
  const close = (clients: readonly Client[]) =>
    Promise.all(
      clients.map((client) => {
        client.close();
        return client.closed;
      }),
    );
  /** How many of these the server has not closed. */
  function staying(clients: readonly Client[]) {
    const closed = new Set<Client>();
    for (const client of clients) void client.closed.then(() => closed.add(client));
    return () => clients.length - closed.size;
  }

  it(`are ${MOST} at most on all of them together, and others have their own`, async function () {
    this.timeout(120_000);
    const [one, other] = (await cluster.enroll(2)) as [Member, Member];
    const [here, there] = [cluster.node(0), cluster.node(1)];
    const first = await open(here, one, 12);
    expect(first).to.have.length(12);
    await until('the other node knows', () => knowsOf(one), patiently(5_000));
    const second = await open(there, one, MOST);
    expect(second).to.have.length(MOST - 12);
    expect(await open(there, other, 2)).to.have.length(2);
    expect(await open(here, one, 2)).to.have.length(0);

    await close(first.slice(0, 3));
    const more: Client[] = [];
    const refilled = async () => {
      more.push(...(await open(there, one, 1)));
      return more.length === 3;
    };
    await until('what was closed on the one is free on the other', refilled, patiently(5_000));
    expect(await open(there, one, 1)).to.have.length(0);
    expect(await open(here, one, 1)).to.have.length(0);
    await close([...first.slice(3), ...second, ...more]);
  });

  it('are not more when many are opened on both at once', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    const opened = (await Promise.all(cluster.nodes.map((node) => open(node, one, MOST)))).flat();
    const stay = staying(opened);
    await until('the excess is closed', () => stay() <= MOST, patiently(5_000));
    for (const node of cluster.nodes) expect(await open(node, one, 1), 'no more is admitted').to.have.length(0);
    expect(stay(), 'not more than the excess is closed').to.equal(MOST);
    await close(opened);
  });

  it('are counted by each node for itself while Redis is unavailable, and together again when it is back', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    const [here, there] = [cluster.node(0), cluster.node(1)];
    const first = await open(here, one, MOST);
    await until('the other node knows', async () => (await open(there, one, 1)).length === 0, patiently(5_000));
    await cluster.redis.kill('SIGKILL');
    const second: Client[] = [];
    const countsForItself = async () => {
      second.push(...(await open(there, one, 4)));
      return second.length >= 4;
    };
    await until('it counts for itself', countsForItself, patiently(ALONE_WITHIN_MS));
    const stay = staying([...first, ...second]);
    expect(stay()).to.be.above(MOST);
    await cluster.redis.restart();
    await until('the excess is closed', () => stay() === MOST, patiently(5_000));
    const endings = await Promise.all([...first, ...second].map(({ closed }) => Promise.race([closed, 'open'])));
    const ofSocketIo = endings.filter((ending) => ending !== 'open' && typeof ending === 'string');
    expect(new Set(ofSocketIo), 'after which a client comes back by itself').to.deep.equal(
      new Set(['transport close']),
    );
    await close([...first, ...second]);
  });

  it('to a node that is killed soon no longer count', async function () {
    this.timeout(120_000);
    const [one] = (await cluster.enroll(1)) as [Member];
    const [killed, there] = [cluster.process(0), cluster.node(0)];
    expect(await open(killed, one, MOST)).to.have.length(MOST);
    await until('the other node counts them', async () => (await open(there, one, 1)).length === 0, patiently(5_000));
    await killed.kill('SIGKILL');
    const again: Client[] = [];
    await until(
      'all come back',
      async () => {
        again.push(...(await open(there, one, MOST - again.length)));
        return again.length === MOST;
      },
      patiently(FREED_WITHIN_MS),
    );
    expect(await open(there, one, 1)).to.have.length(0);
    await close(again);
  });
});
