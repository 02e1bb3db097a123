import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';

onEachDatabase('sync about named conversations alone', (kind) => {
  let app: TestApp;
  before(async function () {
    this.timeout(120_000);
    app = await startApp(kind);
  });
  after(() => app?.stop());

  for (const transport of ['rest', 'socketio', 'raw'] as const) {
    it(`omits all others, and has the number up to which the unread messages are counted, over ${transport}`, async () => {
      const [alice, bob] = await app.people('alice', 'bob');
      const groupOf = async (name: string) =>
        (await alice.rest.ask('create_group', { name, member_ids: [bob.id] })).conversation_id as number;
      const [named, other] = [await groupOf('named'), await groupOf('other')];
      for (const conversation_id of [named, named, other])
        await alice.rest.ask('message', { conversation_id, content: 'Hi' });
      const client = await bob.client(transport);
      const answer = await client.ask('sync', { conversations: { [named]: 1 }, only_named: true, limit: 1 });
      expect(Object.keys(answer.conversations)).to.deep.equal([String(named)]);
      expect(answer.conversations[named]).to.deep.include({ seq: 2, last_seq: 2, unread_count: 2 });
      expect(answer).to.deep.include({ new_conversations: [], removed_conversations: [], has_more: false });
      const all = await client.ask('sync', { conversations: { [named]: 1 }, only_named: false });
      expect(Object.keys(all.conversations)).to.deep.equal([named, other].map(String));
      const wrong = await client.ask('sync', { only_named: 'perhaps' });
      expect(wrong.error).to.deep.include({ code: 'invalid_input' });
    });
  }
});
