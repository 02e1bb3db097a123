import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { allHeard, flood, heardOf, type Scene, scene, socketsOf } from './group.ts';

const MANY = 300;

onEachDatabase('Somebody who is removed', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  /** Removes the member in the middle of a flood of messages; gives the sockets that were open, and the removal's number. */
  async function removeInFullFlow(of: Scene) {
    const { sender, member, witness, group, remove } = of;
    const [open, seeing] = [await socketsOf(member), await witness.raw()];
    const source = await sender.raw();
    const flow = flood(source, group);
    for (const { inbox } of open) for (let heard = 0; heard < 20; heard += 1) await inbox.next('message');
    const { ok, seq } = await remove();
    expect(ok).to.equal(true);
    const before = flow.sent();
    await source.ask('typing_start', { conversation_id: group });
    while (flow.sent() < before + MANY) await seeing.inbox.next('message');
    await source.ask('typing_stop', { conversation_id: group });
    await flow.stop();
    await allHeard(of, open);
    const missed = heardOf(seeing, group).filter((event) => event.seq > seq);
    expect(missed, 'need others to have heard what the removed must not').to.have.length.above(MANY / 2);
    return { open, seq };
  }

  it('hears nothing that came after, on any socket, from the answer on', async () => {
    const of = await scene(app);
    const { open, seq } = await removeInFullFlow(of);
    for (const client of open) {
      const heard = heardOf(client, of.group);
      expect(heard.filter((event) => event.seq > seq)).to.deep.equal([]);
      expect(heard.filter(({ type }) => type.startsWith('typing'))).to.deep.equal([]);
      const told = heard.at(-1);
      expect(told).to.include({ type: 'conversation_update', content: 'removed_from_conversation', seq });
      expect(told).to.include({ user_id: of.member.id, sender_id: of.admin.id });
    }
  }).timeout(20_000);

  it('hears nothing after connecting again, and gets nothing by sync or by asking', async () => {
    const of = await scene(app);
    const { member, sender, group, aside } = of;
    const { open, seq } = await removeInFullFlow(of);
    for (const client of open) client.close();
    const again = await socketsOf(member);
    await sender.rest.ask('message', { conversation_id: group, content: 'Among us' });
    await allHeard(of, again);
    for (const client of again) {
      expect(heardOf(client, group)).to.deep.equal([]);
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
  }).timeout(20_000);

  it('hears everything again once added again, on the same sockets', async () => {
    const of = await scene(app);
    const { open } = await removeInFullFlow(of);
    expect(await of.add()).to.include({ ok: true });
    const { seq } = await of.sender.rest.ask('message', { conversation_id: of.group, content: 'Welcome back' });
    for (const { inbox } of open) expect(await inbox.next('message', { content: 'Welcome back' })).to.include({ seq });
  }).timeout(20_000);
});
