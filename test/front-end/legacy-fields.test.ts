import { expect } from 'chai';
import { accepted, groupOf, onEachServer, privateOf, SOCKETS, send, TIME, TRANSPORTS } from '../contract/fixture.ts';
import { firstMessage, LEGACY, listed, PICTURE, type Scene, sceneOf } from './legacy-fixture.ts';

onEachServer(
  'With LEGACY_FIELDS=on',
  (app) => {
    let scene: Scene; // for the tests that change nothing
    before(async () => {
      scene = await sceneOf(app());
    });

    for (const transport of TRANSPORTS) {
      it(`lists over ${transport} have a private conversation with the fields of the other user`, async () => {
        const { alice, bob, chat } = scene;
        for (const one of await listed(await alice.client(transport), chat)) {
          expect(one).to.include({ id: chat, conversation_id: chat, name: bob.username, other_user_id: bob.id });
          expect(one).to.include({ avatar: PICTURE, profile_picture: PICTURE, participant_count: 2, is_online: true });
          expect(one.last_seen).to.equal(one.other_user.last_seen).and.to.match(TIME);
          expect(one.created_at).to.match(TIME);
        }
      });

      it(`lists over ${transport} have a group without fields of another user`, async () => {
        const { alice, group } = scene;
        for (const one of await listed(await alice.client(transport), group)) {
          expect(one).to.include({ id: group, name: 'Study Group', avatar: '', participant_count: 3, is_online: true });
          expect(one.created_at).to.match(TIME);
          expect(one).not.to.have.any.keys('other_user_id', 'last_seen');
        }
      });

      it(`lists over ${transport} say that nobody else is online, and the last activity that last_seen returns`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const chat = await privateOf(alice, bob);
        const group = await groupOf(alice, bob);
        const client = await alice.client(transport);
        const { last_seen, online } = accepted(await client.ask('last_seen', { user_id: bob.id }));
        expect(online).to.equal(false);
        for (const one of await listed(client, chat)) expect(one).to.include({ is_online: false, last_seen });
        for (const one of await listed(client, group)) expect(one).to.include({ is_online: false });
      });

      it(`lists over ${transport} have messages with sent_at, and system messages with their type`, async () => {
        const { alice, chat, group } = scene;
        const client = await alice.client(transport);
        for (const message of await firstMessage(client, chat))
          expect(message).to.include({ type: 'message', content: 'Hello!', sent_at: message.created_at });
        for (const message of await firstMessage(client, group))
          expect(message).to.include({
            type: 'system_message',
            sent_at: message.created_at,
            event: 'added_to_conversation',
          });
      });
    }

    for (const transport of SOCKETS) {
      it(`messages over ${transport} have sent_at`, async () => {
        const { alice, bob, carol, chat, group } = await sceneOf(app());
        const { inbox } = await bob.client(transport);
        const { message_id } = await send(alice, chat, 'Live');
        const message = await inbox.next('message', { message_id });
        expect(message.sent_at).to.equal(message.created_at).and.to.match(TIME);
        accepted(await alice.rest.ask('remove_participant', { conversation_id: group, user_id: carol.id }));
        const removal = await inbox.next('system_message', { conversation_id: group });
        expect(removal.sent_at).to.equal(removal.created_at).and.to.match(TIME);
      });

      it(`presence over ${transport} has last_active`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        await privateOf(alice, bob);
        const { inbox } = await alice.client(transport);
        const client = await bob.client(transport);
        const online = await inbox.next('presence', { sender_id: bob.id, content: 'online' });
        client.close();
        const offline = await inbox.next('presence', { sender_id: bob.id, content: 'offline' });
        for (const event of [online, offline]) expect(event.last_active).to.equal(event.last_seen).and.to.match(TIME);
      });
    }
  },
  LEGACY,
);

onEachServer('Without LEGACY_FIELDS', (app) => {
  let scene: Scene; // for the tests that change nothing
  before(async () => {
    scene = await sceneOf(app());
  });

  for (const transport of TRANSPORTS) {
    it(`lists over ${transport} have none of its fields, and the documented values`, async () => {
      const { alice, bob, chat, group } = scene;
      const client = await alice.client(transport);
      for (const one of [...(await listed(client, chat)), ...(await listed(client, group))]) {
        expect(one).to.include.all.keys('id', 'conversation_id', 'participant_count');
        expect(one).not.to.have.any.keys('avatar', 'is_online', 'other_user_id', 'last_seen', 'created_at');
      }
      const inOrderOfIds = [alice, bob].sort((one, other) => one.id - other.id).map(({ username }) => username);
      expect((await listed(client, chat))[0].name).to.equal(inOrderOfIds.join(' & '));
      for (const message of [...(await firstMessage(client, chat)), ...(await firstMessage(client, group))])
        expect(message).not.to.have.property('sent_at');
      for (const { type } of await firstMessage(client, group)) expect(type).to.equal('system');
    });
  }

  for (const transport of SOCKETS) {
    it(`events over ${transport} have none of its fields, and a receipt names all messages`, async () => {
      const { alice, bob, carol, chat, group, message_id } = await sceneOf(app());
      const { inbox } = await bob.client(transport);
      const presence = await alice.raw();
      await inbox.next('presence', { sender_id: alice.id });
      const { message_id: live } = await send(alice, chat);
      await inbox.next('message', { message_id: live });
      accepted(await alice.rest.ask('remove_participant', { conversation_id: group, user_id: carol.id }));
      await inbox.next('system_message', { conversation_id: group });
      const { message_id: second } = await send(bob, chat);
      accepted(await presence.ask('read_receipt', { message_ids: [message_id, second] }));
      const receipt = await inbox.next('read_receipt', { message_ids: [message_id, second] });
      expect(receipt).not.to.have.property('message_id');
      for (const event of inbox.events) expect(event).not.to.have.any.keys('sent_at', 'last_active');
    });
  }
});
