import { expect } from 'chai';
import type { Operation } from '../../src/operation/operation.ts';
import type { OperationName } from '../../src/protocol.ts';
import type { TestApp } from '../support/app.ts';
import type { Answer } from '../support/clients.ts';
import { type Input, inputFor, isOnRest, operationsInOrder, volatileFieldsOf } from '../support/derived.ts';
import type { Person } from '../support/people.ts';
import { enter } from './connect.ts';
import { accepted, type Clients, clientsOf, groupOf, onEachServer, privateOf, SOCKETS, send } from './fixture.ts';

/** Alice's group with bob, and another one with bob and two others; of the messages in the first, the last is hers. */
type World = Users & { group: number; large: number; messages: number[] };
/** Alice, with her clients, bob and two others. */
type Users = { alice: Person; bob: Person; others: number[]; clients: Clients };
/** What differs from the derived call. The same call is made twice; `time` is 0 for the first and 1 for the second. */
type Override = {
  input?(world: World, time: 0 | 1): Input;
  /** Further result fields that differ between two such calls. */
  volatile?: readonly string[];
};

const OVERRIDES: Partial<Record<OperationName, Override>> = {
  renew: { volatile: ['token'] },
  change_password: {
    input: ({ alice: { password } }, time) =>
      [
        { password, new_password: 'AnotherPassword1' },
        { password: 'AnotherPassword1', new_password: 'AnotherPassword2' },
      ][time] ?? {},
  },
  ws_ticket: { volatile: ['ticket'] },
  update_me: { input: () => ({ profile_picture: 'https://example.com/a.png' }) },
  search_users: { input: ({ bob }) => ({ q: bob.username.slice(1) }) },
  list_conversations: { input: () => ({ limit: 1 }) },
  create_group: { volatile: ['conversation_id'] },
  add_participant: { input: ({ group, others }, time) => ({ conversation_id: group, user_id: others[time] }) },
  remove_participant: { input: ({ large, others }, time) => ({ conversation_id: large, user_id: others[time] }) },
  list_messages: { input: ({ group }) => ({ conversation_id: group, limit: 3, offset: 1 }) },
  message: { volatile: ['message_id'] },
  delete_message: { input: ({ messages }, time) => ({ message_id: messages[time] }), volatile: ['message_id'] },
  sync: { input: ({ group }) => ({ conversations: { [group]: 1 }, limit: 100 }) },
};

/** They need users of their own. */
const ENDING_SESSIONS: readonly OperationName[] = ['change_password', 'logout'];

const inputOf = (operation: Operation, world: World, time: 0 | 1): Input => {
  const { bob, group, messages } = world;
  const targets = { conversation: group, user: bob.id, messages: messages.toReversed() };
  return OVERRIDES[operation.name]?.input?.(world, time) ?? inputFor(operation, targets);
};
const volatileOf = (operation: Operation) => [
  ...volatileFieldsOf(operation),
  ...(OVERRIDES[operation.name]?.volatile ?? []),
];

async function createUsers(app: TestApp): Promise<Users> {
  const [alice, bob, carol, dave] = await app.people('alice', 'bob', 'carol', 'dave');
  const clients = await clientsOf(alice);
  await privateOf(alice, bob);
  return { alice, bob, others: [carol.id, dave.id], clients };
}

/** Alice and bob, who are also in a private conversation, in a new group, and with the two others in another one. */
async function createWorld(users: Users): Promise<World> {
  const { alice, bob, others } = users;
  const large = accepted(
    await alice.rest.ask('create_group', { name: 'Study Group', member_ids: [bob.id, ...others] }),
  ).conversation_id;
  const group = await groupOf(alice, bob);
  const messages: number[] = [];
  for (const by of [bob, bob, bob, alice]) messages.push((await send(by, group)).message_id);
  return { ...users, group, large, messages };
}

/** An answer with the type in place of each volatile value. */
function comparable(answer: unknown, volatile: readonly string[]): unknown {
  if (Array.isArray(answer)) return answer.map((each) => comparable(each, volatile));
  if (typeof answer !== 'object' || answer === null) return answer;
  const entries = Object.entries(answer).map(([key, value]) => {
    if (key === 'last_seen' || volatile.includes(key)) return [key, typeof value];
    return [key, comparable(value, volatile)];
  });
  return Object.fromEntries(entries);
}

/** The names of path parameters in the published paths: `:id`, and the second one `:userId`. */
function publishedNames(route: string): Map<string, string> {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
  return new Map(names.map((name, index) => [name, index === 0 ? 'id' : 'userId']));
}

onEachServer('An operation', (app) => {
  const onBoth = operationsInOrder.filter((operation) => isOnRest(operation) && operation.namespaces.includes('/chat'));
  const onlyOnSockets = operationsInOrder.filter((operation) => !isOnRest(operation));
  let users: Users;
  before(async () => {
    users = await createUsers(app());
  });

  for (const operation of onBoth) {
    const { name } = operation;
    for (const transport of SOCKETS) {
      it(`${name} answers over ${transport} what it answers over REST`, async () => {
        const world = await createWorld(ENDING_SESSIONS.includes(name) ? await createUsers(app()) : users);
        const socket = world.clients[transport];
        // two logouts need two sessions
        const { status, ...overRest } = await (name === 'logout' ? world.bob : world.alice).rest.ask(
          name,
          inputOf(operation, world, 0),
        );
        const overSocket = await socket.ask(name, inputOf(operation, world, 1));
        expect(status).to.equal(200);
        expect(accepted(overSocket)).not.to.have.any.keys('status', 'success');
        const volatile = volatileOf(operation);
        expect(comparable(overSocket, volatile)).to.deep.equal(comparable(overRest, volatile));
      });
    }
  }

  for (const operation of onBoth) {
    const { name } = operation;
    const published = publishedNames(operation.routes[0] ?? '');
    if (published.size === 0) continue;
    for (const transport of SOCKETS) {
      it(`${name} accepts its path parameters over ${transport} under the names of the published paths too`, async () => {
        const world = await createWorld(users);
        const socket = world.clients[transport];
        const fields = Object.entries(inputOf(operation, world, 0));
        const renamed = fields.map(([field, value]) => [published.get(field) ?? field, value]);
        const asPublished = accepted(await socket.ask(name, Object.fromEntries(renamed)));
        const asNamed = accepted(await socket.ask(name, inputOf(operation, world, 1)));
        const volatile = volatileOf(operation);
        expect(comparable(asPublished, volatile)).to.deep.equal(comparable(asNamed, volatile));
      });
    }
  }

  for (const operation of onlyOnSockets) {
    const { name, namespaces, result } = operation;
    const expectAnswer = (answer: Answer) => expect(accepted(answer)).to.have.all.keys('ok', ...Object.keys(result));

    it(`${name}, which is not on REST, answers in ${namespaces.join(' and ')} and on a plain WebSocket`, async () => {
      const world = await createWorld(users);
      for (const namespace of namespaces) {
        const { socket } = await enter(app(), namespace, world.alice.token);
        expectAnswer(await socket.emitWithAck(name, inputOf(operation, world, 0)));
        socket.disconnect();
      }
      expectAnswer(await world.clients.raw.ask(name, inputOf(operation, world, 1)));
    });
  }

  for (const namespace of ['/chat', '/presence']) {
    it(`of typing is answered in ${namespace}`, async () => {
      const { alice, group } = await createWorld(users);
      const { socket } = await enter(app(), namespace, alice.token);
      const started = await socket.emitWithAck('typing_start', { conversation_id: group });
      expect(started).to.have.all.keys('ok', 'expires_at');
      expect(Date.parse(started.expires_at) - Date.now()).to.be.within(1, 6_000);
      expect(await socket.emitWithAck('typing_stop', { conversation_id: group })).to.deep.equal({ ok: true });
      socket.disconnect();
    });
  }

  it('of typing is answered on a plain WebSocket', async () => {
    const { clients, group } = await createWorld(users);
    const socket = clients.raw;
    expect(accepted(await socket.ask('typing_start', { conversation_id: group }))).to.have.all.keys('ok', 'expires_at');
    expect(await socket.ask('typing_stop', { conversation_id: group })).to.deep.equal({ ok: true });
  });
});
