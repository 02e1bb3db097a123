import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import {
  accepted,
  groupOf,
  historyOf,
  onEachServer,
  privateOf,
  refused,
  send,
  summaryFor,
  TRANSPORTS,
} from './fixture.ts';

const UNKNOWN = 999_999_999;

async function sendAll(by: Person, conversation_id: number, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) ids.push((await send(by, conversation_id, `${ids.length}`)).message_id);
  return ids;
}

/** The ids of the messages with status `read` for a user. */
async function readIds(person: Person, conversation_id: number): Promise<number[]> {
  const history = await historyOf(person, conversation_id);
  return history.flatMap(({ id, status }) => (status === 'read' ? [id] : [])).reverse();
}

onEachServer('Reading', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('marks exactly the named messages, for both users, and reduces the unread count', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await bob.client(transport);
        const ids = await sendAll(alice, conversation_id, 6);
        const [, two = 0, , four = 0, five = 0] = ids;
        const read: number[] = [];
        for (const message_ids of [[four], [two, four], [five, five], [ids[0] ?? 0], ids]) {
          expect(accepted(await client.ask('read_receipt', { message_ids })).message).to.equal('Marked as read');
          read.push(...message_ids);
          const expected = ids.filter((id) => read.includes(id));
          expect(await readIds(bob, conversation_id)).to.deep.equal(expected);
          expect(await readIds(alice, conversation_id)).to.deep.equal(expected);
          const unread_count = ids.length - expected.length;
          expect(await summaryFor(bob, conversation_id)).to.include({ unread_count });
        }
      });

      it('marks nothing if one of the messages is unknown or not visible to the user', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const conversation_id = await privateOf(alice, bob);
        const client = await bob.client(transport);
        const [one = 0, two = 0] = await sendAll(alice, conversation_id, 2);
        const { message_id: foreign } = await send(alice, await privateOf(alice, carol));
        refused(await client.ask('read_receipt', { message_ids: [one, foreign, two] }), 403, 'not_participant');
        refused(await client.ask('read_receipt', { message_ids: [one, two, UNKNOWN] }), 404, 'unknown_message');
        expect(await readIds(bob, conversation_id)).to.deep.equal([]);
        expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 2 });
      });

      it('is sent to the others and to the reader’s other sockets, each message once, and not to the calling socket', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await bob.client(transport);
        const others = [await bob.socketio(), await bob.raw(), await alice.socketio(), await alice.raw()];
        const [one = 0, two = 0, three = 0] = await sendAll(alice, conversation_id, 3);
        const own = await send(bob, conversation_id);
        for (const message_ids of [[two], [two], [own.message_id], [one, two, three, own.message_id]]) {
          accepted(await client.ask('read_receipt', { message_ids }));
        }
        await send(alice, conversation_id, 'last');
        for (const { inbox } of others) {
          await inbox.next('message', { content: 'last' });
          const receipts = inbox.all('read_receipt').map(({ sender_id, message_ids }) => [sender_id, message_ids]);
          expect(receipts).to.deep.equal([
            [bob.id, [two]],
            [bob.id, [one, three]],
          ]);
        }
        if (transport === 'rest') return;
        await client.inbox.next('message', { content: 'last' });
        expect(client.inbox.all('read_receipt')).to.deep.equal([]);
      });

      it('of messages in several conversations sends each conversation its own messages', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const [chat, group] = [await privateOf(alice, bob), await groupOf(carol, bob)];
        const client = await bob.client(transport);
        const receivers = [await alice.raw(), await carol.raw()];
        const [inChat = [], inGroup = []] = [await sendAll(alice, chat, 1), await sendAll(carol, group, 2)];
        accepted(await client.ask('read_receipt', { message_ids: [...inGroup, ...inChat] }));
        for (const [index, [conversation_id, message_ids]] of [
          [chat, inChat] as const,
          [group, inGroup] as const,
        ].entries()) {
          const received = await receivers[index]?.inbox.next('read_receipt');
          expect(received).to.deep.include({ conversation_id, message_ids, sender_id: bob.id });
        }
      });

      it('counts no message twice that is deleted before or after', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await bob.client(transport);
        const [one = 0, two = 0, three = 0, four = 0] = await sendAll(alice, conversation_id, 4);
        const unread = async () => (await summaryFor(bob, conversation_id)).unread_count;
        accepted(await alice.rest.ask('delete_message', { message_id: two }));
        expect(await unread()).to.equal(3);
        accepted(await client.ask('read_receipt', { message_ids: [three] }));
        expect(await unread()).to.equal(2);
        accepted(await alice.rest.ask('delete_message', { message_id: three }));
        expect(await unread()).to.equal(2);
        accepted(await client.ask('read_receipt', { message_ids: [one, two, three] }));
        expect(await unread()).to.equal(1);
        accepted(await alice.rest.ask('delete_message', { message_id: four }));
        expect(await unread()).to.equal(0);
        await send(bob, conversation_id);
        expect(await unread()).to.equal(0);
      });
    });
  }
});
