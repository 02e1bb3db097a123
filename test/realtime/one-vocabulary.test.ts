import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { ServerEvent } from '../support/clients.ts';

const ORDER = [
  'conversation_update',
  'message',
  'edited_message',
  'read_receipt',
  'deleted_message',
  'system_message',
  'typing_start',
  'typing_stop',
  'presence',
];

describe('The stream of events', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('is identical for Socket.IO, Socket.IO by long polling, and plain WebSockets', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const receivers = [await bob.socketio(), await bob.socketio({ transports: ['polling'] }), await bob.raw()];
    const { rest } = alice;
    const member_ids = [bob.id, carol.id];
    const { conversation_id } = await rest.ask('create_group', { name: 'Group', member_ids });
    const { message_id } = await rest.ask('message', { conversation_id, content: 'Grüße – 你好 "quoted" \\ ,' });
    await rest.ask('edit_message', { message_id, content: 'Edited' });
    await carol.rest.ask('read_receipt', { message_ids: [message_id] });
    await rest.ask('delete_message', { message_id });
    await rest.ask('rename_conversation', { conversation_id, name: 'Renamed' });
    const typist = await carol.raw();
    for (const type of ['typing_start', 'typing_stop']) await typist.ask(type, { conversation_id });

    const received: Record<string, ServerEvent>[] = [];
    for (const { inbox } of receivers) {
      const events: Record<string, ServerEvent> = {};
      for (const type of ORDER) events[type] = await inbox.next(type);
      received.push(events);
    }
    expect(received[0]?.message).to.include({ content: 'Grüße – 你好 "quoted" \\ ,', sender_id: alice.id });
    expect(received[0]?.presence).to.include({ content: 'online', sender_id: carol.id });
    expect(received[1], 'long-polling').to.deep.equal(received[0]);
    expect(received[2], 'plain WebSocket').to.deep.equal(received[0]);
  });
});
