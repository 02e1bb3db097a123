import { expect } from 'chai';
import type { Answer, Client } from '../support/clients.ts';
import { accepted, onEachServer, privateOf, refused, send, TRANSPORTS } from './fixture.ts';

/** The ids of a page of messages, newest first. */
async function page(client: Client, asked: object): Promise<number[]> {
  const { messages } = accepted(await client.ask('list_messages', asked));
  return messages.map(({ id }: Answer) => id);
}

onEachServer('A page of messages', (app) => {
  /** A private conversation with messages, and their ids, oldest first. */
  async function conversationWith(count: number) {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const ids: number[] = [];
    const add = async () => ids.push((await send(alice, conversation_id)).message_id);
    while (ids.length < count) await add();
    return { bob, conversation_id, ids, add };
  }

  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('has the newest messages first, and older ones by limit and offset', async () => {
        const { bob, conversation_id, ids } = await conversationWith(7);
        const client = await bob.client(transport);
        const all = ids.toReversed();
        expect(await page(client, { conversation_id })).to.deep.equal(all);
        for (const [limit, offset] of [
          [3, 0],
          [3, 3],
          [3, 6],
          [1, 2],
          [10, 5],
          [3, 7],
          [3, 100],
        ] as const) {
          expect(await page(client, { conversation_id, limit, offset })).to.deep.equal(
            all.slice(offset, offset + limit),
          );
        }
      });

      it('before a message leads back through all messages, each once, while others arrive', async () => {
        const { bob, conversation_id, ids, add } = await conversationWith(7);
        const client = await bob.client(transport);
        const expected = ids.toReversed();
        const seen = await page(client, { conversation_id, limit: 2 });
        for (let more = seen; more.length > 0; seen.push(...more)) {
          await add();
          more = await page(client, { conversation_id, limit: 2, before: seen.at(-1) });
        }
        expect(seen).to.deep.equal(expected);
      });

      it('after a message leads to the newest, while others arrive', async () => {
        const { bob, conversation_id, ids, add } = await conversationWith(5);
        const client = await bob.client(transport);
        const seen = ids.slice(0, 1);
        for (let more = seen; more.length > 0; ) {
          more = await page(client, { conversation_id, limit: 2, after: seen.at(-1) });
          seen.push(...more.toReversed());
          if (ids.length < 7) await add();
        }
        expect(ids).to.have.length(7);
        expect(seen).to.deep.equal(ids);
      });

      it('between two messages has the messages between them', async () => {
        const { bob, conversation_id, ids } = await conversationWith(6);
        const client = await bob.client(transport);
        const [, after, three, four, before] = ids;
        expect(await page(client, { conversation_id, after, before })).to.deep.equal([four, three]);
        expect(await page(client, { conversation_id, after: before, before: after })).to.deep.equal([]);
        expect(await page(client, { conversation_id, after, before, limit: 1, offset: 1 })).to.deep.equal([three]);
      });

      it('does not shift when a message is deleted, and can begin at it', async () => {
        const { bob, conversation_id, ids } = await conversationWith(1);
        const client = await bob.client(transport);
        const own = await send(bob, conversation_id);
        const { message_id: last } = await send(bob, conversation_id);
        accepted(await bob.rest.ask('delete_message', { message_id: own.message_id }));
        expect(await page(client, { conversation_id, before: own.message_id })).to.deep.equal(ids);
        expect(await page(client, { conversation_id, after: own.message_id })).to.deep.equal([last]);
      });

      it('cannot begin at a message of another conversation, or at an unknown one', async () => {
        const { bob, conversation_id } = await conversationWith(1);
        const other = await conversationWith(1);
        const client = await bob.client(transport);
        for (const id of [other.ids[0], 999_999_999]) {
          refused(await client.ask('list_messages', { conversation_id, before: id }), 404, 'unknown_message');
          refused(await client.ask('list_messages', { conversation_id, after: id }), 404, 'unknown_message');
        }
      });
    });
  }
});
