import { expect } from 'chai';
import type { Answer, Client } from '../support/clients.ts';
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

const clientsOf = (person: Person): Promise<Client[]> => Promise.all(TRANSPORTS.map((each) => person.client(each)));
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
/** The part of an answer that is the same over every transport. */
const resultOf = ({ status: _, ...result }: Answer) => result;
const seqsFrom1To = (last: number) => times(last, (index) => index + 1);

onEachServer('Concurrently', (app) => {
  it('twenty calls for the same private conversation, by both users, create one, with one event for each user', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const [alices, bobs] = [await clientsOf(alice), await clientsOf(bob)];
    const answers = await Promise.all(
      times(20, (index) => {
        const [clients, other] = index % 2 === 0 ? [alices, bob] : [bobs, alice];
        return (clients[index % 3] as Client).ask('open_private_conversation', { other_user_id: other.id });
      }),
    );
    const { conversation_id } = accepted(answers[0] as Answer);
    for (const answer of answers) {
      expect(resultOf(answer)).to.deep.equal({ ok: true, conversation_id, is_group: false });
    }
    await send(alice.rest, conversation_id);
    for (const { transport, inbox } of [...alices, ...bobs]) {
      if (transport === 'rest') continue;
      await inbox.next('message', { conversation_id });
      expect(inbox.all('conversation_update').map(({ content }) => content)).to.deep.equal(['new_conversation']);
    }
    const { participants } = accepted(await bob.rest.ask('list_participants', { conversation_id }));
    expect(participants).to.have.length(2);
  });

  it('sends with one client_message_id over all transports create one message, and all get its answer', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const clients = [...(await clientsOf(alice)), ...(await clientsOf(alice))];
    const receiver = await bob.raw();
    for (const client_message_id of ['one', 'two', 'three']) {
      const content = `as ${client_message_id}`;
      const answers = await Promise.all(
        [...clients, ...clients].map((client) => send(client, conversation_id, content, { client_message_id })),
      );
      for (const answer of answers) expect(resultOf(answer)).to.deep.equal(resultOf(answers[0] as Answer));
    }
    const { seq } = await send(alice, conversation_id, 'last');
    expect(seq).to.equal(4);
    await receiver.inbox.next('message', { content: 'last' });
    const received = receiver.inbox.all('message').map(({ content }) => content);
    expect(received).to.deep.equal(['as one', 'as two', 'as three', 'last']);
    expect(await historyOf(bob, conversation_id)).to.have.length(4);
    expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 4 });
  });

  it('sends of many users get numbers without gaps, and everyone receives them in order', async () => {
    const people = await app().people('alice', 'bob', 'carol', 'dave');
    const [alice, ...others] = people;
    const group = await groupOf(alice, ...others);
    const receivers = await Promise.all(people.flatMap((person) => [person.socketio(), person.raw()]));
    const senders = (await Promise.all(people.map(clientsOf))).flat();
    const each = 5;
    const last = senders.length * each + 1;
    const answers = await Promise.all(
      senders.flatMap((client, who) => times(each, (index) => send(client, group, `${who}: ${index}`))),
    );
    accepted(await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'last' }));
    expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).to.deep.equal(seqsFrom1To(last - 1));
    for (const { inbox } of receivers) {
      await inbox.next('system_message', { seq: last });
      const received = inbox.events.filter(({ type }) => ['message', 'system_message'].includes(type));
      expect(received.map(({ seq }) => seq)).to.deep.equal(seqsFrom1To(last));
      expect(new Set(received.map(({ message_id }) => message_id)).size).to.equal(last);
    }
    const history = await historyOf(alice, group, { limit: 200 });
    expect(history.map(({ seq }) => seq).reverse()).to.deep.equal(seqsFrom1To(last));
    for (const { message_id, content } of answers) {
      expect(history.find(({ id }) => id === message_id)).to.include({ content });
    }
  });

  it('each change of any kind gets its own number, and each client receives all in order', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const group = await groupOf(alice, bob);
    const ids = await Promise.all(times(8, async () => (await send(alice, group)).message_id));
    const receivers = [await bob.socketio(), await bob.raw()];
    const [rest, socketio, raw] = (await clientsOf(alice)) as [Client, Client, Client];
    const changes = ids.flatMap((message_id, index) => [
      raw.ask('edit_message', { message_id, content: `edit ${index}` }),
      socketio.ask('message', { conversation_id: group, content: `more ${index}` }),
      rest.ask('rename_conversation', { conversation_id: group, name: `name ${index}` }),
      raw.ask('delete_message', { message_id }),
      socketio.ask('add_participant', { conversation_id: group, user_id: carol.id }),
      rest.ask('remove_participant', { conversation_id: group, user_id: carol.id }),
    ]);
    await Promise.all(changes);
    const { seq: last } = await send(alice, group, 'last');
    for (const { inbox } of receivers) {
      await inbox.next('message', { seq: last });
      const durable = ['message', 'system_message', 'edited_message', 'deleted_message'];
      const received = inbox.events.filter(({ type, seq }) => durable.includes(type) && seq > ids.length);
      expect(received.map(({ seq }) => seq)).to.deep.equal(times(last - ids.length, (index) => ids.length + 1 + index));
    }
    const history = await historyOf(bob, group, { limit: 200 });
    for (const { content } of history.filter(({ deleted }) => deleted)) expect(content).to.equal('');
    expect(history.filter(({ deleted }) => deleted).map(({ id }) => id)).to.have.members(ids);
  });

  it('a removed member receives what was sent before the removal and nothing that was sent after', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const group = await groupOf(alice, bob);
    const clients = await clientsOf(bob);
    const ask = () => clients.map((client) => client.ask('message', { conversation_id: group, content: 'Hello!' }));
    const before = times(5, ask).flat();
    const removing = alice.rest.ask('remove_participant', { conversation_id: group, user_id: bob.id });
    const after = times(5, ask).flat();
    const answers = await Promise.all([...before, ...after]);
    accepted(await removing);
    const [removal] = (await historyOf(alice, group, { limit: 200 })).filter(({ type }) => type === 'system');
    const seq = removal?.seq ?? 0;
    for (const answer of answers) {
      if (answer.ok) expect(answer.seq).to.be.below(seq);
      else refused(answer, 403, 'not_participant');
    }
    for (const answer of await Promise.all(ask())) refused(answer, 403, 'not_participant');
    expect(await summaryFor(alice, group)).to.include({
      last_seq: seq,
      unread_count: answers.filter(({ ok }) => ok).length,
    });
  });

  it('a user who is added by many requests is added once', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const group = await groupOf(alice);
    const adding = { conversation_id: group, user_id: bob.id };
    const clients = await clientsOf(alice);
    const answers = await Promise.all(
      times(9, (index) => (clients[index % 3] as Client).ask('add_participant', adding)),
    );
    for (const answer of answers) accepted(answer);
    expect(await historyOf(alice, group)).to.have.length(1);
    expect(await summaryFor(bob, group)).to.include({ last_seq: 1, unread_count: 0 });
  });
});
