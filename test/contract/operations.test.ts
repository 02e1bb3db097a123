import { expect } from 'chai';
import { operations } from '../../src/operations.ts';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { enter } from './hearing.ts';
import { accepted, groupOf, onEachServer, privateOf, SOCKETS, send } from './scene.ts';

/** Everything comes in twos: one for the request over REST, one for the same request over a socket. */
type World = { alice: Person; bob: Person; others: number[]; group: number; large: number; messages: number[] };
type Row = {
  input(world: World, turn: 0 | 1): object;
  /** What differs between two such calls, or from one moment to the next. */
  volatile?: string[];
};

const nothing = () => ({});
const inGroup = ({ group }: World) => ({ conversation_id: group });

/** How alice asks for each operation. */
const REQUESTS: Record<string, Row> = {
  logout: { input: nothing },
  ws_ticket: { input: nothing, volatile: ['ticket'] },
  me: { input: nothing },
  update_me: { input: () => ({ profile_picture: 'https://example.com/a.png' }) },
  search_users: { input: ({ bob }) => ({ q: bob.username.slice(1) }) },
  last_seen: { input: ({ bob }) => ({ user_id: bob.id }) },
  list_conversations: { input: () => ({ limit: 1 }) },
  open_private_conversation: { input: ({ bob }) => ({ other_user_id: bob.id }) },
  create_group: { input: ({ bob }) => ({ name: 'Chess', member_ids: [bob.id] }), volatile: ['conversation_id'] },
  rename_conversation: { input: (world) => ({ ...inGroup(world), name: 'Chess' }), volatile: ['seq'] },
  list_participants: { input: inGroup },
  add_participant: {
    input: (world, turn) => ({ ...inGroup(world), user_id: world.others[turn] }),
    volatile: ['seq'],
  },
  remove_participant: {
    input: ({ large, others }, turn) => ({ conversation_id: large, user_id: others[turn] }),
    volatile: ['seq'],
  },
  list_messages: { input: (world) => ({ ...inGroup(world), limit: 3, offset: 1 }) },
  message: {
    input: (world) => ({ ...inGroup(world), content: 'Hello!' }),
    volatile: ['message_id', 'seq', 'created_at'],
  },
  read_receipt: { input: ({ messages }) => ({ message_ids: messages }) },
  edit_message: {
    input: ({ messages }) => ({ message_id: messages[2], content: 'Better' }),
    volatile: ['seq', 'edited_at'],
  },
  delete_message: {
    input: ({ messages }, turn) => ({ message_id: messages[turn] }),
    volatile: ['message_id', 'seq', 'deleted_at'],
  },
  delivered: { input: (world) => ({ ...inGroup(world), seq: 2 }) },
  sync: { input: ({ group }) => ({ conversations: { [group]: 1 }, limit: 100 }) },
};
const ONLY_ON_SOCKETS = ['typing_start', 'typing_stop'];
const namesWhere = (condition: (entry: (typeof operations)[string]) => boolean) =>
  Object.keys(operations).filter((name) => condition(operations[name] as (typeof operations)[string]));

/** Alice and bob in a private conversation and in a group, and with two others in another. */
async function setTheScene(app: TestApp): Promise<World> {
  const [alice, bob, ...others] = await app.people('alice', 'bob', 'carol', 'dave');
  await privateOf(alice, bob);
  const large = await groupOf(alice, bob, ...others);
  const group = await groupOf(alice, bob);
  const messages: number[] = [];
  for (const by of [bob, bob, alice, bob]) messages.push((await send(by, group)).message_id);
  return { alice, bob, others: others.map(({ id }) => id), group, large, messages };
}

/** An answer with its kind in place of every value that may differ. */
function comparable(answer: unknown, volatile: readonly string[]): unknown {
  if (Array.isArray(answer)) return answer.map((each) => comparable(each, volatile));
  if (typeof answer !== 'object' || answer === null) return answer;
  const entries = Object.entries(answer).map(([key, value]) => {
    if (key === 'last_seen' || volatile.includes(key)) return [key, typeof value];
    return [key, comparable(value, volatile)];
  });
  return Object.fromEntries(entries);
}

/** What the published paths call a path's parameters: `:id`, and where there are two, `:userId`. */
function publishedNames(route: string): Map<string, string> {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
  return new Map(names.map((name, index) => [name, index === 0 ? 'id' : 'userId']));
}

onEachServer('An operation', (app) => {
  it('is in the tables of these tests, each of them', () => {
    const both = namesWhere(({ http, sockets }) => http !== undefined && sockets.includes('/chat'));
    expect(Object.keys(REQUESTS)).to.have.members(both);
    expect(ONLY_ON_SOCKETS).to.have.members(namesWhere(({ http }) => http === undefined));
  });

  for (const [name, { input, volatile = [] }] of Object.entries(REQUESTS)) {
    for (const transport of SOCKETS) {
      it(`${name} answers over ${transport} what it answers over REST`, async () => {
        const world = await setTheScene(app());
        const socket = await world.alice.client(transport);
        // two who log out need a session each
        const { status, ...overRest } = await (name === 'logout' ? world.bob : world.alice).rest.ask(
          name,
          input(world, 0),
        );
        const overSocket = await socket.ask(name, input(world, 1));
        expect(status).to.equal(200);
        expect(accepted(overSocket)).not.to.have.any.keys('status', 'success');
        expect(comparable(overSocket, volatile)).to.deep.equal(comparable(overRest, volatile));
      });
    }
  }

  for (const [name, { input, volatile = [] }] of Object.entries(REQUESTS)) {
    const published = publishedNames(operations[name]?.http ?? '');
    if (published.size === 0) continue;
    for (const transport of SOCKETS) {
      it(`${name} takes its path parameters over ${transport} under the names of the published paths too`, async () => {
        const world = await setTheScene(app());
        const socket = await world.alice.client(transport);
        const renamed = Object.entries(input(world, 0)).map(([field, value]) => [published.get(field) ?? field, value]);
        const asPublished = accepted(await socket.ask(name, Object.fromEntries(renamed)));
        const asNamed = accepted(await socket.ask(name, input(world, 1)));
        expect(comparable(asPublished, volatile)).to.deep.equal(comparable(asNamed, volatile));
      });
    }
  }

  for (const namespace of ['/chat', '/presence']) {
    it(`of typing is answered in ${namespace}`, async () => {
      const { alice, group } = await setTheScene(app());
      const { socket } = await enter(app(), namespace, alice.token);
      const started = await socket.emitWithAck('typing_start', { conversation_id: group });
      expect(started).to.have.all.keys('ok', 'expires_at');
      expect(Date.parse(started.expires_at) - Date.now()).to.be.within(1, 6_000);
      expect(await socket.emitWithAck('typing_stop', { conversation_id: group })).to.deep.equal({ ok: true });
      socket.disconnect();
    });
  }

  it('of typing is answered on WebSocket', async () => {
    const { alice, group } = await setTheScene(app());
    const socket = await alice.raw();
    expect(accepted(await socket.ask('typing_start', { conversation_id: group }))).to.have.all.keys('ok', 'expires_at');
    expect(await socket.ask('typing_stop', { conversation_id: group })).to.deep.equal({ ok: true });
  });
});
