import { expect } from 'chai';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { accepted, groupOf, historyOf, onEachServer, privateOf, send, TRANSPORTS } from './scene.ts';

/** The states of a conversation's messages as somebody sees them, oldest first. */
async function statusesFor(person: Person, conversation_id: number): Promise<string[]> {
  return (await historyOf(person, conversation_id)).map(({ status }) => status).reverse();
}

/** The ways in which a client shows that it has what came up to now. */
const CONFIRMATIONS: Record<string, (client: Client, conversation_id: number, sent: Answer) => Promise<Answer>> = {
  'telling so': (client, conversation_id, { seq }) => client.ask('delivered', { conversation_id, seq }),
  'fetching it': (client, conversation_id) => client.ask('list_messages', { conversation_id }),
  'a sync that goes past it': (client, id, { seq }) => client.ask('sync', { conversations: { [id]: seq - 1 } }),
  'a sync of somebody new': (client) => client.ask('sync'),
  'reading it': (client, _, { message_id }) => client.ask('read_receipt', { message_ids: [message_id] }),
};

onEachServer('The status of a message', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      for (const [how, confirm] of Object.entries(CONFIRMATIONS)) {
        it(`is sent until the other side has confirmed it by ${how}`, async () => {
          const [alice, bob] = await app().people('alice', 'bob');
          const conversation_id = await privateOf(alice, bob);
          const client = await bob.client(transport);
          const live = await bob.raw();
          const sent = await send(alice, conversation_id);
          await live.inbox.next('message');
          expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent']);
          accepted(await confirm(client, conversation_id, sent));
          const expected = how === 'reading it' ? 'read' : 'delivered';
          expect(await statusesFor(alice, conversation_id)).to.deep.equal([expected]);
        });
      }

      it('in a group is delivered when all others have confirmed it, and read when all have read it', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const conversation_id = await groupOf(alice, bob, carol);
        const clients = [await bob.client(transport), await carol.client(transport)];
        const { message_id, seq } = await send(alice, conversation_id);
        for (const [index, client] of clients.entries()) {
          accepted(await client.ask('delivered', { conversation_id, seq }));
          expect(await statusesFor(alice, conversation_id)).to.deep.equal([index === 0 ? 'sent' : 'delivered']);
        }
        for (const [index, client] of clients.entries()) {
          accepted(await client.ask('read_receipt', { message_ids: [message_id] }));
          expect(await statusesFor(alice, conversation_id)).to.deep.equal([index === 0 ? 'delivered' : 'read']);
        }
        expect(await statusesFor(bob, conversation_id)).to.deep.equal(['read']);
      });

      it('on somebody else’s is one’s own state, whatever others have read', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const conversation_id = await groupOf(alice, bob, carol);
        const client = await bob.client(transport);
        const { message_id } = await send(alice, conversation_id);
        accepted(await carol.rest.ask('read_receipt', { message_ids: [message_id] }));
        const own = async () => accepted(await client.ask('list_messages', { conversation_id })).messages[0].status;
        expect(await own()).to.equal('delivered');
        accepted(await client.ask('read_receipt', { message_ids: [message_id] }));
        expect(await own()).to.equal('read');
      });

      it('is not delivered by what came before it, nor by a confirmation of what is not there yet', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        const client = await bob.client(transport);
        for (const content of ['one', 'two', 'three']) await send(alice, conversation_id, content);
        accepted(await client.ask('delivered', { conversation_id, seq: 0 }));
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent', 'sent', 'sent']);
        accepted(await client.ask('delivered', { conversation_id, seq: 1 }));
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(['delivered', 'sent', 'sent']);
        accepted(await client.ask('list_messages', { conversation_id, offset: 1 }));
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(['delivered', 'delivered', 'sent']);
        accepted(await client.ask('delivered', { conversation_id, seq: 999 }));
        await send(alice, conversation_id, 'four');
        const all = ['delivered', 'delivered', 'delivered', 'sent'];
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(all);
        accepted(await client.ask('delivered', { conversation_id, seq: 1 })); // which takes nothing back
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(all);
      });
    });
  }

  it('waits for nobody who has left, and for nobody who came later', async () => {
    const [alice, bob, carol, dave] = await app().people('alice', 'bob', 'carol', 'dave');
    const conversation_id = await groupOf(alice, bob, carol);
    const { message_id } = await send(alice, conversation_id);
    accepted(await bob.rest.ask('read_receipt', { message_ids: [message_id] }));
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent']);
    accepted(await carol.rest.ask('remove_participant', { conversation_id, user_id: carol.id }));
    expect((await statusesFor(alice, conversation_id))[0]).to.equal('read');
    accepted(await alice.rest.ask('add_participant', { conversation_id, user_id: dave.id }));
    expect((await statusesFor(alice, conversation_id))[0]).to.equal('read');
  });

  it('stays sent where there is nobody else', async () => {
    const alice = await app().person('alice');
    const conversation_id = await groupOf(alice);
    await send(alice, conversation_id);
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent']);
  });
});
