import { expect } from 'chai';
import { type Client, socketio } from '../support/clients.ts';
import { type Cluster, type Member, startCluster } from './cluster.ts';

const RECEIPT = 'delivery_receipt';

describe('Delivery receipts with several nodes', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 2 });
  });
  after(() => cluster?.stop());

  it('reach clients on the other node that asked for them, no others, and no removed user', async () => {
    const [near, far] = [cluster.node(0), cluster.node(1)];
    const [admin, sender, reader] = (await cluster.enroll(3)) as [Member, Member, Member];
    const conversation_id = await cluster.group(near, admin, sender, reader);
    const asking: Client[] = [];
    for (const who of [sender, admin]) asking.push(await socketio(near.url, who.token, { receipts: true }));
    const [receiver, staying] = asking as [Client, Client];
    const silent = await cluster.client(near, sender, 'socketio');
    const reading = await cluster.client(far, reader);
    /** Once the message arrives, the far node also knows what the near one published before: that a client asked. */
    const sendAndConfirm = async () => {
      const { seq } = await staying.ask('message', { conversation_id, content: 'Hello!' });
      await reading.inbox.next('message', { seq });
      await reading.ask('delivered', { conversation_id, seq });
      await staying.inbox.next(RECEIPT, { seq });
      return seq as number;
    };

    const first = await sendAndConfirm();
    const receipt = { conversation_id, seq: first, user_id: reader.id };
    expect(await receiver.inbox.next(RECEIPT)).to.deep.equal({ type: RECEIPT, ...receipt });
    await cluster.rest(far, admin).ask('remove_participant', { conversation_id, user_id: sender.id });
    await sendAndConfirm();
    for (const client of [receiver, silent]) {
      await client.ask('me'); // earlier events have arrived by then
      const later = client.inbox.events.filter(({ type, seq }) => type === RECEIPT && seq !== first);
      expect(later).to.deep.equal([]);
    }
    expect(silent.inbox.all(RECEIPT)).to.deep.equal([]);
    for (const client of asking) client.close();
  });
});
