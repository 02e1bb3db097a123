import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { connectAll, type Inboxes } from './connect.ts';
import {
  accepted,
  type Clients,
  clientsOf,
  groupOf,
  onEachServer,
  SOCKETS,
  send,
  TIME,
  TRANSPORTS,
  type Transport,
} from './fixture.ts';

type World = { alice: Person; bob: Person; carol: Person; group: number };
/** How alice causes an event, and the payload apart from values that are known only afterwards. */
type Row = { event: string; what: string; over: readonly Transport[]; fields: string[]; provoke: Provocation };
type Provocation = (asking: Client, world: World) => Promise<object>;

const message = ['conversation_id', 'message_id', 'seq', 'sender_id', 'sender_username', 'content', 'created_at'];
const system = [...message, 'event', 'user_id'];
const update = ['conversation_id', 'seq', 'sender_id', 'content', 'created_at'];
const typing = ['conversation_id', 'sender_id', 'sender_username', 'expires_at'];
const edited = ['conversation_id', 'message_id', 'seq', 'sender_id', 'content', 'edited_at'];
const deleted = ['conversation_id', 'message_id', 'seq', 'sender_id', 'deleted_at'];

const sending: Provocation = async (asking, { group }) => {
  const { message_id, seq } = await send(asking, group, 'Hello!');
  return { message_id, seq, content: 'Hello!' };
};
const retrying: Provocation = async (asking, { group }) => {
  const client_message_id = `id-${group}`;
  const { message_id } = await send(asking, group, 'Hello!', { client_message_id });
  return { message_id, client_message_id };
};
const editing: Provocation = async (asking, { alice, group }) => {
  const { message_id } = await send(alice, group);
  accepted(await asking.ask('edit_message', { message_id, content: 'Better' }));
  return { message_id, content: 'Better', seq: 2 };
};
const deleting: Provocation = async (asking, { alice, group }) => {
  const { message_id } = await send(alice, group);
  accepted(await asking.ask('delete_message', { message_id }));
  return { message_id, seq: 2 };
};
const reading: Provocation = async (asking, { bob, group }) => {
  const ids = [(await send(bob, group)).message_id, (await send(bob, group)).message_id];
  accepted(await asking.ask('read_receipt', { message_ids: ids }));
  return { message_ids: ids };
};
const adding =
  (more: object): Provocation =>
  async (asking, { carol, group }) => {
    accepted(await asking.ask('add_participant', { conversation_id: group, user_id: carol.id }));
    return { seq: 1, user_id: carol.id, ...more };
  };
const removing: Provocation = async (asking, { alice, carol, group }) => {
  accepted(await alice.rest.ask('add_participant', { conversation_id: group, user_id: carol.id }));
  accepted(await asking.ask('remove_participant', { conversation_id: group, user_id: carol.id }));
  return { seq: 2, user_id: carol.id, content: 'removed_from_conversation' };
};
const renaming: Provocation = async (asking, { group }) => {
  accepted(await asking.ask('rename_conversation', { conversation_id: group, name: 'Chess' }));
  return { seq: 1, content: 'renamed', name: 'Chess' };
};
const creating: Provocation = async (asking, { bob }) => {
  const { conversation_id } = accepted(await asking.ask('create_group', { name: 'New', member_ids: [bob.id] }));
  return { conversation_id, seq: 0, content: 'new_conversation' };
};
const startingToType: Provocation = async (asking, { group }) => {
  const { expires_at } = accepted(await asking.ask('typing_start', { conversation_id: group }));
  return { expires_at };
};
const stoppingToType: Provocation = async (asking, { group }) => {
  accepted(await asking.ask('typing_stop', { conversation_id: group }));
  return {};
};
const connecting: Provocation = async () => ({ content: 'online' });

const EVENTS: Row[] = [
  { event: 'message', what: 'a message', over: TRANSPORTS, fields: message, provoke: sending },
  {
    event: 'message',
    what: 'a message with an id of its client',
    over: TRANSPORTS,
    fields: [...message, 'client_message_id'],
    provoke: retrying,
  },
  {
    event: 'system_message',
    what: 'an added user',
    over: TRANSPORTS,
    fields: system,
    provoke: adding({ event: 'added_to_conversation' }),
  },
  { event: 'edited_message', what: 'an edit', over: TRANSPORTS, fields: edited, provoke: editing },
  { event: 'deleted_message', what: 'a deletion', over: TRANSPORTS, fields: deleted, provoke: deleting },
  {
    event: 'read_receipt',
    what: 'reading',
    over: TRANSPORTS,
    fields: ['conversation_id', 'message_ids', 'sender_id', 'created_at'],
    provoke: reading,
  },
  { event: 'typing_start', what: 'typing', over: SOCKETS, fields: typing, provoke: startingToType },
  { event: 'typing_stop', what: 'no more typing', over: SOCKETS, fields: typing, provoke: stoppingToType },
  {
    event: 'presence',
    what: 'coming online',
    over: SOCKETS,
    fields: ['sender_id', 'sender_username', 'content', 'last_seen', 'expires_at'],
    provoke: connecting,
  },
  { event: 'conversation_update', what: 'a new group', over: TRANSPORTS, fields: update, provoke: creating },
  {
    event: 'conversation_update',
    what: 'an added user',
    over: TRANSPORTS,
    fields: [...update, 'user_id'],
    provoke: adding({ content: 'added_to_conversation' }),
  },
  {
    event: 'conversation_update',
    what: 'a removed user',
    over: TRANSPORTS,
    fields: [...update, 'user_id'],
    provoke: removing,
  },
  {
    event: 'conversation_update',
    what: 'a new name',
    over: TRANSPORTS,
    fields: [...update, 'name'],
    provoke: renaming,
  },
];
const NAMESPACES = {
  '/chat': ['message', 'system_message', 'edited_message', 'deleted_message', 'read_receipt', 'conversation_update'],
  '/presence': ['typing_start', 'typing_stop', 'presence'],
};

type Users = Pick<World, 'alice' | 'bob' | 'carol'> & { clients: Clients; bobs: Inboxes };

/** Alice, with her clients, carol, and bob, with his sockets. */
async function createUsers(app: TestApp): Promise<Users> {
  const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
  const bobs = await connectAll(app, bob);
  const clients = await clientsOf(alice);
  return { alice, bob, carol, clients, bobs };
}

onEachServer('An event', (app) => {
  let users: Users;
  before(async () => {
    users = await createUsers(app());
  });

  for (const { event, what, over, fields, provoke } of EVENTS) {
    for (const transport of over) {
      it(`${event}, for ${what} over ${transport}, is the same on Socket.IO and on WebSocket`, async () => {
        const { bob, carol, bobs } = users;
        const isComing = event === 'presence'; // only somebody who is offline can
        const alice = isComing ? await app().person('alice') : users.alice;
        const world = { alice, bob, carol, group: await groupOf(alice, bob) };
        const asking = isComing ? await alice.client(transport) : users.clients[transport];
        const provoked = await provoke(asking, world);
        const of = isComing ? { sender_id: alice.id } : { conversation_id: world.group };
        const expected = { ...of, ...provoked };
        const received = await (NAMESPACES['/chat'].includes(event) ? bobs.chat : bobs.presence).next(event, expected);
        expect(received).to.have.all.keys('type', ...fields);
        expect(received).to.include({ sender_id: world.alice.id });
        if (fields.includes('sender_username')) expect(received.sender_username).to.equal(world.alice.username);
        for (const field of fields.filter((each) => each.endsWith('_at'))) expect(received[field]).to.match(TIME);
        expect(await bobs.raw.next(event, expected)).to.deep.equal(received);
      });
    }
  }

  it('is emitted only in its own namespace, and on plain WebSockets', async () => {
    const { bob, carol } = users;
    const bobs = await connectAll(app(), bob);
    const alice = await app().person('alice');
    const world = { alice, bob, carol, group: await groupOf(alice, bob) };
    const typist = await alice.raw();
    for (const { provoke } of EVENTS) await provoke(typist, { ...world, group: await groupOf(world.alice, world.bob) });
    await Promise.all([bobs.presence.next('presence'), bobs.raw.next('presence')]);
    // events in a wrong namespace would arrive before these, which are the last on each connection
    const { message_id } = await send(world.alice, world.group, 'the last one');
    await Promise.all([bobs.chat.next('message', { message_id }), bobs.raw.next('message', { message_id })]);
    accepted(await typist.ask('typing_stop', { conversation_id: world.group }));
    await bobs.presence.next('typing_stop', { conversation_id: world.group });
    const typesIn = ({ events }: Inboxes['raw']) => new Set(events.map(({ type }) => type));
    expect(typesIn(bobs.chat)).to.have.all.keys(NAMESPACES['/chat']);
    expect(typesIn(bobs.presence)).to.have.all.keys(NAMESPACES['/presence']);
    expect(typesIn(bobs.raw)).to.have.all.keys(Object.values(NAMESPACES).flat());
  });
});
