import { expect } from 'chai';
import { type Cluster, startCluster } from './cluster.ts';

describe('LEGACY_FIELDS=on on two nodes', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 2, env: { LEGACY_FIELDS: 'on' } });
  });
  after(() => cluster?.stop());

  it('adds its fields to events of the other node, and sends one receipt when the last member has read', async () => {
    const [one, two] = [cluster.node(0), cluster.node(1)];
    const [alice, bob, carol] = await cluster.enroll(3);
    if (alice === undefined || bob === undefined || carol === undefined) throw new Error('three were enrolled');
    const conversation_id = await cluster.group(one, alice, bob, carol);
    const clients = await Promise.all(
      [one, two].flatMap((node) => [cluster.client(node, alice, 'raw'), cluster.client(node, alice, 'socketio')]),
    );
    const { message_id } = await cluster.rest(one, bob).ask('message', { conversation_id, content: 'Hello!' });
    for (const { inbox } of clients) {
      const message = await inbox.next('message', { message_id }, 30_000);
      expect(message.sent_at).to.equal(message.created_at);
    }
    const sender = await cluster.client(two, bob, 'raw');
    const other = await cluster.client(one, alice, 'raw');
    for (const [node, reader] of [
      [one, alice],
      [two, carol],
    ] as const)
      await cluster.rest(node, reader).ask('read_receipt', { message_ids: [message_id] });
    const receipt = await sender.inbox.next('read_receipt', { message_id }, 30_000);
    expect(receipt).to.deep.include({ message_ids: [message_id], sender_id: carol.id });
    await other.inbox.next('read_receipt', { message_id, sender_id: carol.id }, 30_000);
    expect(sender.inbox.all('read_receipt')).to.have.length(1);
  });
});
