import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

const TTL_MS = 6_000;

describe('Typing', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  async function scene() {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'Group', member_ids: [bob.id] });
    return { alice, bob, carol, conversation_id };
  }

  it('is heard by the others in the conversation, on all their sockets, until it stops', async () => {
    const { alice, bob, conversation_id } = await scene();
    const typist = await alice.socketio();
    const hearers = [await bob.socketio(), await bob.socketio({ transports: ['polling'] }), await bob.raw()];
    const started = await typist.ask('typing_start', { conversation_id });
    const before = Date.now();
    for (const { inbox } of hearers) {
      const event = await inbox.next('typing_start');
      expect(event).to.deep.equal({
        type: 'typing_start',
        conversation_id,
        sender_id: alice.id,
        sender_username: alice.username,
        expires_at: started.expires_at,
      });
      expect(Date.parse(event.expires_at) - before).to.be.within(TTL_MS - 1_000, TTL_MS);
    }
    expect(await typist.ask('typing_stop', { conversation_id })).to.deep.equal({ ok: true });
    for (const { inbox } of hearers) {
      expect(await inbox.next('typing_stop')).to.include({ conversation_id, sender_id: alice.id });
    }
  });

  it('is heard neither by the typist’s own sockets nor by anybody outside', async () => {
    const { alice, bob, carol, conversation_id } = await scene();
    const shared = await carol.rest.ask('create_group', { name: 'Other', member_ids: [alice.id, bob.id] });
    const [typist, own, outside] = [await alice.raw(), await alice.socketio(), await carol.socketio()];
    await typist.ask('typing_start', { conversation_id });
    await typist.ask('typing_stop', { conversation_id });
    const later = await bob.raw();
    await later.ask('typing_start', { conversation_id: shared.conversation_id });
    for (const { inbox } of [typist, own, outside]) {
      await inbox.next('typing_start', { sender_id: bob.id });
      expect([...inbox.all('typing_start'), ...inbox.all('typing_stop')], 'only the later one').to.have.length(1);
    }
  });

  it('is not for who is not in the conversation', async () => {
    const { bob, carol, conversation_id } = await scene();
    const [stranger, hearer] = [await carol.raw(), await bob.socketio()];
    for (const type of ['typing_start', 'typing_stop']) {
      expect((await stranger.ask(type, { conversation_id })).error.code).to.equal('not_participant');
    }
    const { conversation_id: shared } = await carol.rest.ask('open_private_conversation', { other_user_id: bob.id });
    await stranger.ask('typing_start', { conversation_id: shared });
    await hearer.inbox.next('typing_start', { conversation_id: shared });
    expect(hearer.inbox.all('typing_start')).to.have.length(1);
  });

  it('runs out by itself after 6 s, each renewal anew, with one typing_stop', async () => {
    const { alice, bob, conversation_id } = await scene();
    const [typist, hearer] = [await alice.socketio(), await bob.raw()];
    await typist.ask('typing_start', { conversation_id });
    await hearer.inbox.next('typing_start');
    await new Promise((resolve) => setTimeout(resolve, 500)); // so that the first lease ends before the second
    await typist.ask('typing_start', { conversation_id });
    const { expires_at } = await hearer.inbox.next('typing_start');
    await hearer.inbox.next('typing_stop', { sender_id: alice.id, conversation_id }, TTL_MS + 2_000);
    expect(Date.now() - Date.parse(expires_at)).to.be.within(-100, 1_000);
    await typist.ask('message', { conversation_id, content: 'Done' });
    await hearer.inbox.next('message');
    expect(hearer.inbox.all('typing_stop')).to.have.length(1);
  }).timeout(15_000);
});
