import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

const TTL_MS = 6_000;
const SHORT_MS = 1_000;

describe('Typing', () => {
  let app: TestApp;
  /** Where indicators end sooner. */
  let short: TestApp;
  before(async () => {
    [app, short] = await Promise.all([startApp(), startApp('sqlite', { TYPING_SEC: `${SHORT_MS / 1_000}` })]);
  });
  after(() => Promise.all([app.stop(), short.stop()]));

  async function scene(server = app) {
    const [alice, bob, carol] = await server.people('alice', 'bob', 'carol');
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'Group', member_ids: [bob.id] });
    return { alice, bob, carol, conversation_id };
  }

  it('is sent to all sockets of the other participants, until it stops', async () => {
    const { alice, bob, conversation_id } = await scene();
    const typist = await alice.socketio();
    const receivers = [await bob.socketio(), await bob.socketio({ transports: ['polling'] }), await bob.raw()];
    const started = await typist.ask('typing_start', { conversation_id });
    const before = Date.now();
    for (const { inbox } of receivers) {
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
    for (const { inbox } of receivers) {
      expect(await inbox.next('typing_stop')).to.include({ conversation_id, sender_id: alice.id });
    }
  });

  it('is sent neither to the typing user’s own sockets nor to anyone outside', async () => {
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

  it('is refused to users outside the conversation', async () => {
    const { bob, carol, conversation_id } = await scene();
    const [stranger, receiver] = [await carol.raw(), await bob.socketio()];
    for (const type of ['typing_start', 'typing_stop']) {
      expect((await stranger.ask(type, { conversation_id })).error.code).to.equal('not_participant');
    }
    const { conversation_id: shared } = await carol.rest.ask('open_private_conversation', { other_user_id: bob.id });
    await stranger.ask('typing_start', { conversation_id: shared });
    await receiver.inbox.next('typing_start', { conversation_id: shared });
    expect(receiver.inbox.all('typing_start')).to.have.length(1);
  });

  it('expires after its last renewal, with one typing_stop', async () => {
    const { alice, bob, conversation_id } = await scene(short);
    const [typist, receiver] = [await alice.socketio(), await bob.raw()];
    await typist.ask('typing_start', { conversation_id });
    await receiver.inbox.next('typing_start');
    await new Promise((resolve) => setTimeout(resolve, 500)); // so that the first lease would end before the second
    await typist.ask('typing_start', { conversation_id });
    const { expires_at } = await receiver.inbox.next('typing_start');
    await receiver.inbox.next('typing_stop', { sender_id: alice.id, conversation_id }, SHORT_MS + 2_000);
    expect(Date.now() - Date.parse(expires_at)).to.be.within(-100, 1_000);
    await typist.ask('message', { conversation_id, content: 'Done' });
    await receiver.inbox.next('message');
    expect(receiver.inbox.all('typing_stop')).to.have.length(1);
  });
});
