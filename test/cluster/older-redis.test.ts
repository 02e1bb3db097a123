import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';

const CONFIRMED_WITHIN_MS = 900;

describe('Nodes that share a Redis without sharded pub/sub, as before version 7', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    const without = ['SPUBLISH', 'SSUBSCRIBE'].flatMap((command) => ['--rename-command', command, '']);
    cluster = await startCluster(this, { here: 2, separate: ['redis'], redisSettings: without });
  });
  after(() => cluster?.stop());

  it('receive each other’s messages, and acknowledge a removal to each other', async () => {
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
    await sender.ask('message', { conversation_id, content: 'among us' });
    const sign = await cluster.group(here, admin, member);
    await receiver.inbox.next('conversation_update', { conversation_id: sign });
    expect(receiver.inbox.all('message').map(({ content }) => content)).to.deep.equal(['one', 'two', 'three']);
  });
});
