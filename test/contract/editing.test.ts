import { expect } from 'chai';
import {
  accepted,
  groupOf,
  historyOf,
  onEachServer,
  privateOf,
  refused,
  send,
  summaryFor,
  TIME,
  TRANSPORTS,
} from './fixture.ts';

onEachServer('A message', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('is edited by its sender, keeps its place and has the time of the edit', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const { message_id, seq, created_at } = await send(alice, conversation_id, 'first');
        await send(alice, conversation_id, 'second');
        for (const content of ['better', 'best']) {
          const answer = accepted(await client.ask('edit_message', { message_id, content }));
          expect(answer).to.include({ message_id, content });
          const [, message] = await historyOf(bob, conversation_id);
          expect(message).to.include({ id: message_id, seq, created_at, content, edited: true, deleted: false });
          expect(message?.edited_at).to.equal(answer.edited_at);
          expect(answer.edited_at).to.match(TIME);
        }
        expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 2 });
      });

      it('is deleted by its sender: it keeps its place without its content', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const { message_id, seq, created_at } = await send(alice, conversation_id, 'first');
        const second = await send(alice, conversation_id, 'second');
        const { deleted_at } = accepted(await client.ask('delete_message', { message_id }));
        expect(deleted_at).to.match(TIME);
        const [last, message] = await historyOf(bob, conversation_id);
        expect(last).to.include({ id: second.message_id, seq: 2, deleted: false });
        expect(message).to.include({
          id: message_id,
          seq,
          created_at,
          content: '',
          deleted: true,
          sender_id: alice.id,
        });
        expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 1 });
      });

      it('that was deleted stays deleted: another deletion gets the same answer, and an edit is refused', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const { message_id } = await send(alice, conversation_id);
        const { deleted_at, seq } = accepted(await client.ask('delete_message', { message_id }));
        expect(accepted(await client.ask('delete_message', { message_id }))).to.include({
          message_id,
          deleted_at,
          seq,
        });
        refused(await client.ask('edit_message', { message_id, content: 'back' }), 404, 'unknown_message');
        expect((await historyOf(bob, conversation_id))[0]).to.include({ content: '', deleted: true });
        expect(await summaryFor(alice, conversation_id)).to.include({ last_seq: 2 });
      });

      it('of another user cannot be edited, and only deleted by an admin of the group', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const [chat, group] = [await privateOf(alice, bob), await groupOf(alice, bob, carol)];
        const inChat = await send(bob, chat);
        const inGroup = await send(bob, group);
        const [admin, member] = [await alice.client(transport), await carol.client(transport)];
        for (const [client, { message_id }] of [
          [admin, inChat],
          [admin, inGroup],
          [member, inGroup],
        ] as const) {
          refused(await client.ask('edit_message', { message_id, content: 'Hacked' }), 403, 'not_sender');
        }
        refused(await admin.ask('delete_message', { message_id: inChat.message_id }), 403, 'not_sender');
        refused(await member.ask('delete_message', { message_id: inGroup.message_id }), 403, 'not_sender');
        refused(await member.ask('delete_message', { message_id: inChat.message_id }), 403, 'not_participant');
        for (const id of [chat, group])
          expect((await historyOf(bob, id))[0]).to.include({ content: 'Hello!', edited: false });
        accepted(await admin.ask('delete_message', { message_id: inGroup.message_id }));
        expect((await historyOf(carol, group))[0]).to.include({ content: '', deleted: true, sender_id: bob.id });
      });

      it('of the system cannot be edited or deleted', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const group = await groupOf(alice, bob);
        accepted(await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'Chess' }));
        const [{ id: message_id, content } = { id: 0, content: '' }] = await historyOf(alice, group);
        const client = await alice.client(transport);
        refused(await client.ask('edit_message', { message_id, content: 'x' }), 403, 'not_sender');
        refused(await client.ask('delete_message', { message_id }), 403, 'not_sender');
        expect((await historyOf(bob, group))[0]).to.include({ id: message_id, content, deleted: false, edited: false });
      });

      it('that does not exist can be neither edited nor deleted', async () => {
        const client = await (await app().person()).client(transport);
        refused(await client.ask('edit_message', { message_id: 999_999_999, content: 'x' }), 404, 'unknown_message');
        refused(await client.ask('delete_message', { message_id: 999_999_999 }), 404, 'unknown_message');
      });
    });
  }
});
