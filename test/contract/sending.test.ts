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

const seqsOf = (messages: { seq: number }[]) => messages.map(({ seq }) => seq);

onEachServer('Sending', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('is answered with the stored message', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const content = ' <b>Grüße</b> & "co" \\ \u2028 \n👩‍👩‍👧 ';
        const sent = await send(client, conversation_id, content, { client_message_id: `c${alice.id}` });
        const { ok: _, status: __, message_id, ...fields } = sent;
        expect(fields).to.deep.include({
          conversation_id,
          sender_id: alice.id,
          sender_username: alice.username,
          content,
        });
        expect(fields).to.include({ seq: 1, client_message_id: `c${alice.id}` });
        expect(fields.created_at).to.match(TIME);
        const [message] = await historyOf(bob, conversation_id);
        expect(message).to.include({ id: message_id, type: 'message', status: 'delivered' });
        expect(message).to.deep.include({ ...fields, edited: false, edited_at: null, deleted: false });
      });

      it('numbers the messages and changes of a conversation without gaps', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        const [group, other] = [await groupOf(alice, bob), await groupOf(alice, bob)];
        const seqs = async () => [(await summaryFor(bob, group)).last_seq, (await summaryFor(bob, other)).last_seq];
        const { message_id, seq } = await send(client, group);
        expect([seq, (await send(client, other)).seq]).to.deep.equal([1, 1]);
        expect((await send(bob, group)).seq).to.equal(2);
        expect(accepted(await client.ask('edit_message', { message_id, content: 'x' })).seq).to.equal(3);
        accepted(await client.ask('add_participant', { conversation_id: group, user_id: carol.id }));
        expect(await seqs()).to.deep.equal([4, 1]);
        accepted(await client.ask('rename_conversation', { conversation_id: group, name: 'Chess' }));
        accepted(await client.ask('remove_participant', { conversation_id: group, user_id: carol.id }));
        expect(accepted(await client.ask('delete_message', { message_id })).seq).to.equal(7);
        refused(await client.ask('message', { conversation_id: group, content: '' }), 400, 'invalid_input');
        expect((await send(client, group)).seq).to.equal(8);
        expect(await seqs()).to.deep.equal([8, 1]);
        expect(seqsOf(await historyOf(bob, group))).to.deep.equal([8, 6, 5, 4, 2, 1]);
      });

      it('again under the same client_message_id gives the first answer', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const chat = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const client_message_id = 'the same';
        const { status: _, ...first } = await send(client, chat, 'Hello!', { client_message_id });
        for (const other of TRANSPORTS) {
          const { status: __, ...again } = await send(await alice.client(other), chat, 'Hello!', { client_message_id });
          expect(again).to.deep.equal(first);
        }
        expect(await historyOf(bob, chat)).to.have.length(1);
        expect(await summaryFor(bob, chat)).to.include({ unread_count: 1, last_seq: 1 });
      });

      it('another text, or to another conversation, under the same client_message_id is refused', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [chat, group] = [await privateOf(alice, bob), await groupOf(alice, bob)];
        const client = await alice.client(transport);
        const client_message_id = 'the same';
        const ask = (conversation_id: number, content: string) =>
          client.ask('message', { conversation_id, content, client_message_id });
        const { message_id } = accepted(await ask(chat, 'Hello!'));
        for (const [conversation, content] of [
          [chat, 'Other'],
          [chat, 'hello!'],
          [group, 'Hello!'],
        ] as const) {
          refused(await ask(conversation, content), 409, 'client_message_id_reused');
        }
        accepted(await client.ask('delete_message', { message_id }));
        refused(await ask(group, 'Hello!'), 409, 'client_message_id_reused');
        expect([await historyOf(bob, chat), await historyOf(bob, group)].map(({ length }) => length)).to.deep.equal([
          1, 0,
        ]);
      });

      it('concurrently under one client_message_id creates one message, and refuses another text', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [chat, group] = [await privateOf(alice, bob), await groupOf(alice, bob)];
        const client = await alice.client(transport);
        const ask = (conversation_id: number, content: string) =>
          client.ask('message', { conversation_id, content, client_message_id: 'the same' });
        const answers = await Promise.all([ask(chat, 'one'), ask(chat, 'two'), ask(chat, 'one'), ask(group, 'one')]);
        const made = answers.filter(({ ok }) => ok);
        expect(new Set(made.map(({ message_id }) => message_id)).size).to.equal(1);
        for (const answer of answers.filter(({ ok }) => !ok)) refused(answer, 409, 'client_message_id_reused');
        expect(answers.length - made.length).to.be.within(2, 3);
        expect([...(await historyOf(bob, chat)), ...(await historyOf(bob, group))]).to.have.length(1);
      });

      it('under a client_message_id of another sender creates another message', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client_message_id = 'the same';
        for (const [index, person] of [alice, bob].entries()) {
          const client = await person.client(transport);
          const sent = await send(client, conversation_id, 'Hello!', { client_message_id });
          expect(sent).to.include({ sender_id: person.id, seq: index + 1 });
        }
      });

      it('again creates no second message after the first was edited or deleted', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const again = () => send(client, conversation_id, 'Hello!', { client_message_id: 'the same' });
        const { message_id, created_at } = await again();
        accepted(await client.ask('edit_message', { message_id, content: 'Better' }));
        const first = { message_id, created_at, seq: 1, client_message_id: 'the same' };
        const edited = await again();
        expect(edited)
          .to.include({ ...first, content: 'Better', edited: true })
          .and.not.have.property('deleted');
        accepted(await client.ask('delete_message', { message_id }));
        expect(await again()).to.include({ ...first, content: '', edited: true, deleted: true });
        const history = await historyOf(bob, conversation_id);
        expect(history).to.have.length(1);
        expect(history[0]).to.include({ content: '', deleted: true });
      });

      it('reaches all other sockets of all participants, once, and not the sending socket', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await alice.client(transport);
        const others = [await alice.socketio(), await alice.raw(), await bob.socketio(), await bob.raw()];
        const { message_id } = await send(client, conversation_id, 'first');
        await send(client, conversation_id, 'again', { client_message_id: 'the same' });
        await send(client, conversation_id, 'again', { client_message_id: 'the same' });
        await send(bob, conversation_id, 'last');
        for (const { inbox } of others) {
          expect(await inbox.next('message')).to.include({ message_id, content: 'first', sender_id: alice.id });
          await inbox.next('message', { content: 'last' });
          expect(inbox.all('message').map(({ content }) => content)).to.deep.equal(['first', 'again', 'last']);
        }
        if (transport === 'rest') return; // it receives no events
        await client.inbox.next('message', { content: 'last' });
        expect(client.inbox.all('message').map(({ content }) => content)).to.deep.equal(['last']);
      });
    });
  }
});
