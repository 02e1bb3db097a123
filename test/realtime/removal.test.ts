import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { IS_SOAK } from '../support/soak.ts';
import { allReceived, flood, receivedBy, type Scene, scene, socketsOf } from './fixture.ts';

const MANY = IS_SOAK ? 300 : 100;

onEachDatabase('A removed member', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  /** Removes the member during many sends. Returns the open sockets and the number of the removal. */
  async function removeInFullFlow(of: Scene) {
    const { sender, member, witness, group, remove } = of;
    const [open, seeing] = [await socketsOf(member), await witness.raw()];
    const source = await sender.raw();
    const flow = flood(source, group);
    for (const { inbox } of open) for (let received = 0; received < 20; received += 1) await inbox.next('message');
    const { ok, seq } = await remove();
    expect(ok).to.equal(true);
    const before = flow.sent();
    await source.ask('typing_start', { conversation_id: group });
    while (flow.sent() < before + MANY) await seeing.inbox.next('message');
    await source.ask('typing_stop', { conversation_id: group });
    await flow.stop();
    await allReceived(of, open);
    const missed = receivedBy(seeing, group).filter((event) => event.seq > seq);
    expect(missed, 'need others to have received what the removed must not').to.have.length.above(MANY / 2);
    return { open, seq };
  }

  it('receives nothing that follows the answer, on any socket', async () => {
    const of = await scene(app);
    const { open, seq } = await removeInFullFlow(of);
    for (const client of open) {
      const received = receivedBy(client, of.group);
      expect(received.filter((event) => event.seq > seq)).to.deep.equal([]);
      expect(received.filter(({ type }) => type.startsWith('typing'))).to.deep.equal([]);
      const last = received.at(-1);
      expect(last).to.include({ type: 'conversation_update', content: 'removed_from_conversation', seq });
      expect(last).to.include({ user_id: of.member.id, sender_id: of.admin.id });
    }
  }).timeout(120_000);

  it('receives nothing after reconnecting, and gets nothing by sync or by calls', async () => {
    const of = await scene(app);
    const { member, sender, group, aside } = of;
    const { open, seq } = await removeInFullFlow(of);
    for (const client of open) client.close();
    const again = await socketsOf(member);
    await sender.rest.ask('message', { conversation_id: group, content: 'Among us' });
    await allReceived(of, again);
    for (const client of again) {
      expect(receivedBy(client, group)).to.deep.equal([]);
      const caught = await client.ask('sync', { conversations: { [group]: seq - 5, [aside]: 0 } });
      expect(caught.removed_conversations).to.deep.equal([group]);
      expect(Object.keys(caught.conversations)).to.deep.equal([String(aside)]);
      expect(caught.new_conversations).to.deep.equal([]);
      for (const [name, input] of [
        ['list_messages', {}],
        ['list_participants', {}],
        ['message', { content: 'Let me in' }],
        ['delivered', { seq: 1 }],
      ] as const) {
        const { ok, error } = await client.ask(name, { conversation_id: group, ...input });
        expect([ok, error.code], name).to.deep.equal([false, 'not_participant']);
      }
    }
    const { conversations } = await member.rest.ask('list_conversations');
    expect(conversations.map((each: { conversation_id: number }) => each.conversation_id)).to.deep.equal([aside]);
  }).timeout(120_000);

  it('receives everything again once added again, on the same sockets', async () => {
    const of = await scene(app);
    const { open } = await removeInFullFlow(of);
    expect(await of.add()).to.include({ ok: true });
    const { seq } = await of.sender.rest.ask('message', { conversation_id: of.group, content: 'Welcome back' });
    for (const { inbox } of open) expect(await inbox.next('message', { content: 'Welcome back' })).to.include({ seq });
  }).timeout(120_000);
});
