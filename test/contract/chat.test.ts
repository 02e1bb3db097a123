import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';

onEachDatabase('A message', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  for (const transport of ['rest', 'socketio', 'raw'] as const) {
    it(`that is sent over ${transport} reaches both sockets of the other user, and is in the history`, async () => {
      const [alice, bob] = await app.people('alice', 'bob');
      const opened = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      const { conversation_id } = opened;
      const receivers = [await bob.socketio(), await bob.raw()];
      const sent = await (await alice.client(transport)).ask('message', { conversation_id, content: 'Hello!' });
      expect(sent).to.include({ ok: true, conversation_id, sender_id: alice.id, content: 'Hello!', seq: 1 });
      for (const { inbox } of receivers) {
        expect(await inbox.next('message')).to.include({
          conversation_id,
          message_id: sent.message_id,
          content: 'Hello!',
          seq: 1,
        });
      }
      const { messages } = await bob.rest.ask('list_messages', { conversation_id });
      expect(messages).to.have.length(1);
      expect(messages[0]).to.include({
        id: sent.message_id,
        sender_id: alice.id,
        content: 'Hello!',
        status: 'delivered',
        edited: false,
      });
    });
  }
});
