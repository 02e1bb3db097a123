import { expect } from 'chai';
import { openProxy, type TcpProxy } from '../client/proxy.ts';
import type { Client } from '../support/clients.ts';
import { type Cluster, type Member, startCluster, type Wire } from './cluster.ts';
import { until } from './until.ts';

const WIRES: readonly Wire[] = ['raw', 'socketio', 'polling'];
/** In each direction, between one node and Redis or PostgreSQL. */
const DELAY_MS = 100;
const ROUNDS = 3;

describe('A client on one node receives every message that is acknowledged on another after', () => {
  let cluster: Cluster;
  let toRedis: TcpProxy;
  let toPostgresql: TcpProxy;
  let [admin, sender]: Member[] = [];
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this);
    toRedis = await openProxy(cluster.redis.port);
    toPostgresql = await openProxy(cluster.postgresql.port);
    await cluster.addHere({ REDIS_URL: toRedis.url.replace('http', 'redis') });
    await cluster.addHere({ DATABASE_URL: await slowDatabase() });
    await cluster.addHere();
    [admin, sender] = await cluster.enroll(2);
  });
  afterEach(() => {
    for (const proxy of [toRedis, toPostgresql]) proxy?.delay(0);
  });
  after(async () => {
    await cluster?.stop();
    for (const proxy of [toRedis, toPostgresql]) await proxy?.stop();
  });

  /** The same database, through the proxy that can be made slow. */
  async function slowDatabase(): Promise<string> {
    const [[name]] = (await cluster.query('select current_database()')) as [[string]];
    return `postgres://postgres@127.0.0.1:${new URL(toPostgresql.url).port}/${name}`;
  }

  /** Sends through the last node, and awaits the message where it has to arrive. */
  async function expectReceived(receivers: readonly Client[], conversation_id: number, from = sender as Member) {
    const content = `to ${conversation_id}`;
    const sent = await cluster.rest(cluster.node(2), from).ask('message', { conversation_id, content });
    expect(sent).to.include({ ok: true });
    for (const { inbox } of receivers) await inbox.next('message', { conversation_id, content });
  }

  it('it learns that it is a member, through a node whose messages are late', async function () {
    this.timeout(120_000);
    const [member] = (await cluster.enroll(1)) as [Member];
    const receivers = await Promise.all(WIRES.map((wire) => cluster.client(cluster.node(1), member, wire)));
    const through = cluster.rest(cluster.node(0), admin as Member);
    const conversation_id = await cluster.group(cluster.node(0), admin as Member, sender as Member);
    toRedis.delay(DELAY_MS);
    expect(await through.ask('add_participant', { conversation_id, user_id: member.id })).to.include({ ok: true });
    await expectReceived(receivers, conversation_id);
    const group = await cluster.group(cluster.node(0), admin as Member, sender as Member, member);
    await expectReceived(receivers, group);
    const opened = await through.ask('open_private_conversation', { other_user_id: member.id });
    await expectReceived(receivers, opened.conversation_id, admin);
  });

  it('only while it is a member: its join may arrive after its removal', async function () {
    this.timeout(120_000);
    const [member, witness] = (await cluster.enroll(2)) as [Member, Member];
    const receivers = await Promise.all(WIRES.map((wire) => cluster.client(cluster.node(1), member, wire)));
    const other = await cluster.client(cluster.node(1), witness, 'raw');
    const conversation_id = await cluster.group(cluster.node(2), admin as Member, sender as Member, witness);
    const aside = await cluster.group(cluster.node(2), sender as Member, member);
    const [slow, quick] = [
      cluster.rest(cluster.node(0), admin as Member),
      cluster.rest(cluster.node(2), admin as Member),
    ];
    const membership = { conversation_id, user_id: member.id };
    toRedis.delay(3 * DELAY_MS);
    const adding = slow.ask('add_participant', membership);
    await until('the member has been added', async () => {
      const { participants } = await quick.ask('list_participants', { conversation_id });
      return participants.some(({ id }: { id: number }) => id === member.id);
    });
    expect(await quick.ask('remove_participant', membership)).to.include({ ok: true });
    expect(await adding).to.include({ ok: true });
    toRedis.delay(0);
    await expectReceived([other], conversation_id);
    await expectReceived(receivers, aside);
    for (const { inbox } of receivers)
      expect(inbox.all('message').filter((message) => message.conversation_id === conversation_id)).to.deep.equal([]);
  });

  for (const wire of WIRES) {
    it(`its connection is open, though its node’s queries are slow (${wire})`, async function () {
      this.timeout(120_000);
      const [member] = (await cluster.enroll(1)) as [Member];
      const conversation_id = await cluster.group(cluster.node(2), sender as Member, member);
      toPostgresql.delay(DELAY_MS);
      for (let round = 0; round < ROUNDS; round += 1) {
        const client = await cluster.client(cluster.node(1), member, wire);
        await expectReceived([client], conversation_id);
        client.close();
      }
    });
  }
});
