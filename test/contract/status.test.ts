import { expect } from 'chai';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { accepted, groupOf, historyOf, onEachServer, privateOf, send, TRANSPORTS } from './fixture.ts';

/** The statuses of a conversation's messages for a user, oldest first. */
async function statusesFor(person: Person, conversation_id: number): Promise<string[]> {
  return (await historyOf(person, conversation_id)).map(({ status }) => status).reverse();
}

/** The ways in which a client confirms the delivery of all messages. */
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
        it(`is sent until the other user has confirmed it by ${how}`, async () => {
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

      it('of another’s message depends on the user alone, not on what others have read', async () => {
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

      it('does not become delivered by confirming earlier messages, or numbers that do not exist yet', async () => {
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
        accepted(await client.ask('delivered', { conversation_id, seq: 1 })); // withdraws nothing
        expect(await statusesFor(alice, conversation_id)).to.deep.equal(all);
      });
    });
  }

  it('depends on the members at the time of sending, and on no later ones', async () => {
    const [alice, bob, carol, dave] = await app().people('alice', 'bob', 'carol', 'dave');
    const conversation_id = await groupOf(alice, bob, carol);
    const before = await send(alice, conversation_id);
    accepted(await bob.rest.ask('read_receipt', { message_ids: [before.message_id] }));
    accepted(await carol.rest.ask('delivered', { conversation_id, seq: before.seq }));
    await leave(carol, conversation_id);
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['delivered']);
    const after = await send(alice, conversation_id);
    await add(alice, conversation_id, dave);
    accepted(await bob.rest.ask('read_receipt', { message_ids: [after.message_id] }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['delivered', 'read']);
    accepted(await dave.rest.ask('list_messages', { conversation_id }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['delivered', 'read']);
  });

  it('stays when a member who has read it leaves, and when all members leave', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, bob, carol);
    const { message_id, seq } = await send(alice, conversation_id);
    for (const person of [bob, carol]) accepted(await person.rest.ask('delivered', { conversation_id, seq }));
    accepted(await bob.rest.ask('read_receipt', { message_ids: [message_id] }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['delivered']);
    await leave(bob, conversation_id);
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['delivered']);
    accepted(await carol.rest.ask('read_receipt', { message_ids: [message_id] }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['read']);
    await leave(carol, conversation_id);
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['read']);
  });

  it('does not advance by removing a member who has read nothing and adding them again', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await groupOf(alice, bob);
    await send(alice, conversation_id);
    for (let time = 0; time < 2; time += 1) {
      await leave(bob, conversation_id);
      expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['sent']);
      await add(alice, conversation_id, bob);
      expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['sent']);
    }
    const { message_id } = await send(alice, conversation_id);
    accepted(await bob.rest.ask('read_receipt', { message_ids: [message_id] }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['sent', 'read']);
  });

  it('stays sent if there was no other member, also when one joins and reads', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await groupOf(alice);
    const { message_id } = await send(alice, conversation_id);
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['sent']);
    await add(alice, conversation_id, bob);
    accepted(await bob.rest.ask('list_messages', { conversation_id }));
    accepted(await bob.rest.ask('read_receipt', { message_ids: [message_id] }));
    expect(await ownStatuses(alice, conversation_id)).to.deep.equal(['sent']);
  });

  it('does not advance by a confirmation with a gap before it', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    for (let count = 0; count < 5; count += 1) await send(alice, conversation_id, `${count}`);
    const fetches = async (page: object) =>
      accepted(await bob.rest.ask('list_messages', { conversation_id, ...page })).messages;
    const [{ id: newest }] = await fetches({ limit: 1 });
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent', 'sent', 'sent', 'sent', 'sent']);
    accepted(await bob.rest.ask('read_receipt', { message_ids: [newest] }));
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(['sent', 'sent', 'sent', 'sent', 'read']);
    await fetches({ limit: 2, offset: 3 });
    const some = ['delivered', 'delivered', 'sent', 'sent', 'read'];
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(some);
    await fetches({ limit: 2, offset: 1 });
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(some.with(2, 'delivered').with(3, 'delivered'));
  });

  it('advances by a page that follows the confirmed messages after a change of an older one', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const { message_id } = await send(alice, conversation_id);
    accepted(await bob.rest.ask('list_messages', { conversation_id }));
    accepted(await alice.rest.ask('edit_message', { message_id, content: 'Better' }));
    await send(alice, conversation_id);
    accepted(await bob.rest.ask('list_messages', { conversation_id, limit: 1 }));
    expect(await statusesFor(alice, conversation_id)).to.deep.equal(['delivered', 'delivered']);
  });
});

const leave = async (person: Person, conversation_id: number) =>
  accepted(await person.rest.ask('remove_participant', { conversation_id, user_id: person.id }));
const add = async (admin: Person, conversation_id: number, { id }: Person) =>
  accepted(await admin.rest.ask('add_participant', { conversation_id, user_id: id }));

/** The statuses of a user's own messages, oldest first, without system messages. `sync` has to agree. */
async function ownStatuses(person: Person, conversation_id: number): Promise<string[]> {
  const own = (await historyOf(person, conversation_id)).filter(
    ({ sender_id, type }) => sender_id === person.id && type === 'message',
  );
  const synced = accepted(await person.rest.ask('sync', { conversations: { [conversation_id]: 0 } }));
  const { others_read, others_delivered, messages } = synced.conversations[conversation_id];
  const covers = (spans: [number, number][], seq: number) => spans.some(([from, to]) => from <= seq && seq <= to);
  for (const { id, seq, status } of own) {
    const fromSync = covers(others_read, seq) ? 'read' : covers(others_delivered, seq) ? 'delivered' : 'sent';
    expect(fromSync, `of ${seq} by the numbers of sync`).to.equal(status);
    expect(messages.find((each: Answer) => each.id === id)?.status, `of ${seq} in sync`).to.equal(status);
  }
  return own.map(({ status }) => status).reverse();
}
