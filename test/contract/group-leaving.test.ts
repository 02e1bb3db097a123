import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import {
  accepted,
  groupOf,
  historyOf,
  membersOf,
  onEachServer,
  privateOf,
  refused,
  send,
  summaryFor,
  TRANSPORTS,
} from './fixture.ts';

onEachServer('A group', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('that a member leaves stays with the others, and the member no longer sees it', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await bob.client(transport);
        const conversation_id = await groupOf(alice, bob, carol);
        accepted(await client.ask('remove_participant', { conversation_id, user_id: bob.id }));
        refused(await client.ask('list_messages', { conversation_id }), 403, 'not_participant');
        expect(accepted(await client.ask('list_conversations')).conversations).to.deep.equal([]);
        expect(await membersOf(conversation_id, carol)).to.have.deep.members([
          [alice.id, true],
          [carol.id, false],
        ]);
        await send(alice, conversation_id);
        refused(await client.ask('remove_participant', { conversation_id, user_id: bob.id }), 403, 'not_participant');
      });

      it('whose last admin leaves has the member who joined first as admin', async () => {
        const [alice, bob, carol, dave] = await app().people('alice', 'bob', 'carol', 'dave');
        const conversation_id = await groupOf(alice);
        for (const { id } of [carol, bob, dave]) {
          accepted(await alice.rest.ask('add_participant', { conversation_id, user_id: id }));
          await membersOf(conversation_id, alice); // so that no two join at the same time
        }
        const leave = async (person: Person) =>
          accepted(
            await (await person.client(transport)).ask('remove_participant', { conversation_id, user_id: person.id }),
          );
        await leave(alice);
        expect(await membersOf(conversation_id, dave)).to.deep.equal([
          [carol.id, true],
          [bob.id, false],
          [dave.id, false],
        ]);
        accepted(await carol.rest.ask('remove_participant', { conversation_id, user_id: bob.id }));
        await leave(carol);
        expect(await membersOf(conversation_id, dave)).to.deep.equal([[dave.id, true]]);
        await leave(dave);
      });

      it('notifies a removed member, and sends them nothing that happens later', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        const [group, chat] = [await groupOf(alice, bob, carol), await privateOf(alice, bob)];
        const receivers = [await bob.socketio(), await bob.raw()];
        const { message_id } = await send(alice, group, 'before');
        accepted(await client.ask('remove_participant', { conversation_id: group, user_id: bob.id }));
        await send(client, group, 'after');
        accepted(await client.ask('edit_message', { message_id, content: 'edited' }));
        accepted(await carol.rest.ask('read_receipt', { message_ids: [message_id] }));
        accepted(await client.ask('delete_message', { message_id }));
        accepted(await client.ask('rename_conversation', { conversation_id: group, name: 'Without bob' }));
        await send(client, chat, 'last');
        for (const { inbox } of receivers) {
          await inbox.next('message', { content: 'last' });
          const received = inbox.events.filter(({ conversation_id }) => conversation_id === group);
          expect(received.map(({ type, content, user_id }) => [type, content, user_id])).to.deep.equal([
            ['message', 'before', undefined],
            ['conversation_update', 'removed_from_conversation', bob.id],
          ]);
        }
      });

      it('sends events to a new member from then on', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const group = await groupOf(alice);
        const receivers = [await bob.socketio(), await bob.raw()];
        await send(alice, group, 'before');
        accepted(await client.ask('add_participant', { conversation_id: group, user_id: bob.id }));
        await send(client, group, 'after');
        for (const { inbox } of receivers) {
          await inbox.next('message', { content: 'after' });
          expect(inbox.all('message')).to.have.length(1);
          expect(inbox.all('conversation_update')).to.have.length(1);
          const [update] = inbox.all('conversation_update');
          expect(update).to.include({ content: 'added_to_conversation', user_id: bob.id, seq: 2, sender_id: alice.id });
        }
      });

      it('accepts a removed member again as a new one', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice, bob);
        await send(alice, conversation_id, 'before');
        const bobs = { conversation_id, user_id: bob.id };
        accepted(await client.ask('remove_participant', bobs));
        refused(await client.ask('remove_participant', bobs), 404, 'unknown_participant');
        await send(alice, conversation_id, 'meanwhile');
        accepted(await client.ask('add_participant', bobs));
        expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 0 });
        const contents = (await historyOf(bob, conversation_id)).map(({ content }) => content);
        expect(contents).to.include.members(['before', 'meanwhile']);
      });
    });
  }
});
