import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Answer } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { closeAll, connection, enter, refusal } from './connecting.ts';

describe('A Socket.IO namespace', () => {
  let app: TestApp;
  let alice: Person;
  let bob: Person;
  before(async () => {
    app = await startApp();
    [alice, bob] = await app.people('alice', 'bob');
  });
  after(() => app.stop());
  afterEach(closeAll);

  it('is /chat or /presence: / is refused with an error that names both, with or without a session', async () => {
    for (const auth of [{ token: alice.token }, {}]) {
      const { message, data } = await refusal(app.url, '/', auth);
      expect(message).to.include('/chat').and.include('/presence');
      expect(data?.message).to.equal(message);
    }
    for (const name of ['/admin', '/plain'])
      expect((await refusal(app.url, name, { token: alice.token })).message, name).to.equal('Invalid namespace');
  });

  for (const namespace of ['/chat', '/presence']) {
    for (const transport of ['websocket', 'polling']) {
      it(`${namespace} refuses clients without a session over ${transport}, with an error code`, async () => {
        for (const auth of [{}, { token: '' }, { token: 'x' }, { token: 7 }, { token: { a: 1 } }]) {
          const { data } = await refusal(app.url, namespace, auth, { transports: [transport] });
          expect(data).to.deep.equal({ code: 'unauthenticated', message: 'Please log in.' });
        }
      });

      it(`${namespace} accepts the session cookie over ${transport}`, async () => {
        const extraHeaders = { cookie: alice.cookie };
        const manager = connection(app.url, { transports: [transport], extraHeaders });
        const socket = await enter(manager, namespace, undefined);
        expect(socket.connected).to.equal(true);
      });
    }
  }

  it('has its own events and no others, with both on one connection', async () => {
    // a user who was not just connected: reconnecting within a second causes no presence event
    const [writer, receiver] = await app.people('writer', 'receiver');
    const { conversation_id } = await writer.rest.ask('open_private_conversation', { other_user_id: receiver.id });
    const manager = connection(app.url);
    const received: Record<string, string[]> = { '/chat': [], '/presence': [] };
    const chat = await enter(manager, '/chat', receiver.token);
    const presence = await enter(manager, '/presence', receiver.token);
    chat.onAny((type: string) => received['/chat']?.push(type));
    presence.onAny((type: string) => received['/presence']?.push(type));
    const raw = await writer.raw();
    const online = new Promise((resolve) => presence.once('presence', resolve));
    const stopped = new Promise((resolve) => presence.once('typing_stop', resolve));
    const deleted = new Promise((resolve) => chat.once('deleted_message', resolve));
    await online;
    const { message_id } = await raw.ask('message', { conversation_id, content: 'Hello' });
    for (const type of ['typing_start', 'typing_stop']) await raw.ask(type, { conversation_id });
    await raw.ask('edit_message', { message_id, content: 'Hello!' });
    await raw.ask('delete_message', { message_id });
    await Promise.all([stopped, deleted]);
    expect(received).to.deep.equal({
      '/chat': ['message', 'edited_message', 'deleted_message'],
      '/presence': ['presence', 'typing_start', 'typing_stop'],
    });
  });

  it('accepts all operations in /chat, and only typing in /presence', async () => {
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const manager = connection(app.url);
    const ask = async (namespace: string, name: string, input: object): Promise<Answer> => {
      return (await enter(manager, namespace, alice.token)).timeout(5_000).emitWithAck(name, input);
    };
    expect(await ask('/chat', 'me', {})).to.include({ ok: true, id: alice.id });
    expect(await ask('/presence', 'typing_start', { conversation_id })).to.include({ ok: true });
    for (const name of ['message', 'me', 'sync', 'remove_participant']) {
      const { ok, error } = await ask('/presence', name, { conversation_id, content: 'x' });
      expect([ok, error.code], name).to.deep.equal([false, 'unknown_operation']);
    }
    for (const name of ['login', 'signup_initiate', 'nonsense', '__proto__', 'constructor', 'toString']) {
      const { ok, error } = await ask('/chat', name, {});
      expect([ok, error.code], name).to.deep.equal([false, 'unknown_operation']);
    }
  });
});
