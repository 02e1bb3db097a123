import { expect } from 'chai';
import { operations } from '../../src/operations.ts';
import type { TestApp } from '../support/app.ts';
import { type Answer, type Client, rest } from '../support/clients.ts';
import type { Caller } from '../support/derived.ts';
import { enter, refusedUpgrade } from './connect.ts';
import { accepted, groupOf, historyOf, onEachServer, send, summaryFor, TRANSPORTS } from './fixture.ts';
import { MAY, type World } from './who-may.ts';

type Users = Omit<World, 'group' | 'othersMessage' | 'adminsMessage'>;

async function createUsers(app: TestApp): Promise<Users> {
  const [admin, member, removed, stranger, other, outsider] = await app.people(
    ...(['admin', 'member', 'removed', 'stranger', 'other', 'outsider'] as const),
  );
  return { admin, member, removed, stranger, other, outsider };
}

/** A new group of these users. */
async function createWorld(users: Users): Promise<World> {
  const { admin, member, removed, other } = users;
  const group = await groupOf(admin, member, removed, other);
  const [one, two] = [await send(other, group, 'from another'), await send(admin, group, 'from the admin')];
  const ids = { group, othersMessage: one.message_id, adminsMessage: two.message_id };
  return { ...users, ...ids };
}

/** What only an admin may change in the group, and the group's last `seq`. */
async function stateOf({ admin, group, othersMessage, adminsMessage }: World) {
  const { participants } = accepted(await admin.rest.ask('list_participants', { conversation_id: group }));
  const { name, last_seq } = await summaryFor(admin, group);
  const originals = (await historyOf(admin, group)).filter(({ id }) => [othersMessage, adminsMessage].includes(id));
  return {
    protected: {
      name,
      members: participants.map(({ id, is_admin }: Answer) => ({ id, is_admin })),
      messages: originals.map(({ id, content, edited, deleted }) => ({ id, content, edited, deleted })),
    },
    last_seq,
  };
}

/** The outcome of each call that the client's transport offers, in order, and the expected one. */
async function tryAll(client: Client, world: World, caller: Caller) {
  const [got, expected]: [string[], string[]] = [[], []];
  const closing = client.closed.then(() => ({ ok: true }) as Answer); // a logout closes its own socket
  for (const { operation, input, may } of MAY) {
    const { routes, namespaces } = operations[operation];
    if (client.transport === 'rest' ? routes.length === 0 : namespaces.length === 0) continue;
    const calling = client.ask(operation, input(world));
    const { ok, error } = await (operation === 'logout'
      ? Promise.race([closing, calling.catch(() => closing)])
      : calling);
    got.push(`${operation}: ${ok ? 'ok' : error.code}`);
    expected.push(`${operation}: ${may[caller]}`);
  }
  return { got, expected };
}

onEachServer('Authorization', (app) => {
  let users: Users;
  before(async () => {
    users = await createUsers(app());
  });

  it('has an expected outcome for every operation', () => {
    expect(new Set(MAY.map(({ operation }) => operation))).to.have.all.keys(Object.keys(operations));
  });

  it('without a session allows public operations over REST, and nothing else', async () => {
    const world = await createWorld(users);
    const before = await stateOf(world);
    const { got, expected } = await tryAll(rest(app().url), world, 'anonymous');
    expect(got).to.deep.equal(expected);
    expect(await stateOf(world)).to.deep.equal(before);
  });

  for (const transport of TRANSPORTS) {
    for (const caller of ['stranger', 'removed', 'member', 'admin'] as const) {
      it(`allows ${caller} over ${transport} exactly what the operations say`, async () => {
        const world = await createWorld({ ...users, [caller]: await app().person(caller) }); // who will log out
        const client = await world[caller].client(transport);
        const removal = { conversation_id: world.group, user_id: world.removed.id };
        accepted(await world.admin.rest.ask('remove_participant', removal));
        const before = await stateOf(world);
        const { got, expected } = await tryAll(client, world, caller);
        expect(got).to.deep.equal(expected);
        if (caller === 'admin') return; // an admin may change all of it, and is logged out now
        const after = await stateOf(world);
        expect(after.protected).to.deep.equal(before.protected);
        expect(after.last_seq - before.last_seq).to.equal(caller === 'member' ? 1 : 0); // the member's own message
      });
    }

    it(`does not reveal over ${transport} whether a conversation of others exists`, async () => {
      const world = await createWorld(users);
      const client = await world.stranger.client(transport);
      const nowhere = { ...world, group: 999_999_999 };
      for (const { operation, input } of MAY.filter(({ may }) => may.stranger === 'not_participant')) {
        const { routes, namespaces } = operations[operation];
        if (transport === 'rest' ? routes.length === 0 : namespaces.length === 0) continue;
        const answer = await client.ask(operation, input(world));
        expect(await client.ask(operation, input(nowhere))).to.deep.equal(answer);
      }
    });

    it(`shows a removed member nothing of the conversation over ${transport}`, async () => {
      const { admin, removed, group } = await createWorld({ ...users, removed: await app().person('removed') });
      const client = await removed.client(transport);
      accepted(await admin.rest.ask('remove_participant', { conversation_id: group, user_id: removed.id }));
      expect(accepted(await client.ask('list_conversations')).conversations).to.deep.equal([]);
      const { conversations, new_conversations, removed_conversations } = accepted(
        await client.ask('sync', { conversations: { [group]: 0 } }),
      );
      expect([conversations, new_conversations, removed_conversations]).to.deep.equal([{}, [], [group]]);
    });
  }

  it('refuses connections without a token, with an invalid one, or with one of an ended session', async () => {
    const ended = await app().person();
    accepted(await ended.rest.ask('logout'));
    for (const token of [undefined, '', 'nonsense', ended.token]) {
      for (const namespace of ['/chat', '/presence']) {
        const refusal = await enter(app(), namespace, token).catch((error) => error.data);
        expect(refusal, `${namespace} with ${token}`).to.include({ code: 'unauthenticated' });
      }
      const address = `${app().url.replace('http', 'ws')}/api/ws${token === undefined ? '' : `?token=${token}`}`;
      expect(await refusedUpgrade(address)).to.include({ status: 401, code: 'unauthenticated' });
      expect(await refusedUpgrade(address.replace('token', 'ticket'))).to.include({ status: 401 });
    }
  });

  it('refuses the root namespace to everyone, and names the two namespaces', async () => {
    const { token } = await app().person();
    for (const credentials of [token, undefined]) {
      const refusal = await enter(app(), '/', credentials).catch((error) => error.message);
      expect(refusal).to.include('/chat').and.include('/presence');
    }
  });
});
