import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';
import type { Answer } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { DOCUMENTED, expectShape } from './documented.ts';
import { accepted, groupOf, http, onEachServer, privateOf, send, TRANSPORTS } from './fixture.ts';

type Users = { alice: Person; bob: Person; carol: Person; dave: Person };
type World = Users & { chat: number; group: number; message: number };
type Row = {
  route(world: World): string;
  body?(world: World): object;
  documented: object;
  values(world: World): object;
};

const content = 'Let’s meet up at 5 PM.';
const picture = 'https://cdn.example.com/avatars/alice_new.jpg';

/** Every documented endpoint that needs a login: alice's request, the documented answer, and values of the answer. */
const ENDPOINTS: Row[] = [
  {
    route: () => 'GET /api/me',
    documented: DOCUMENTED.me,
    values: ({ alice }) => ({ id: alice.id, username: alice.username, email: alice.email }),
  },
  {
    route: () => 'PUT /api/me',
    body: ({ alice }) => ({ username: `${alice.username}_new`, profile_picture: picture }),
    documented: DOCUMENTED.me,
    values: ({ alice }) => ({ id: alice.id, username: `${alice.username}_new`, profile_picture: picture }),
  },
  {
    route: ({ bob }) => `GET /api/users/search?q=${bob.username.slice(1)}`,
    documented: DOCUMENTED.users,
    values: ({ bob }) => ({ users: [{ id: bob.id, username: bob.username, profile_picture: '' }] }),
  },
  {
    route: ({ bob }) => `GET /api/users/${bob.id}/last-seen`,
    documented: DOCUMENTED.lastSeen,
    values: () => ({ success: true }),
  },
  {
    route: () => 'GET /api/conversations',
    documented: DOCUMENTED.conversations,
    values: () => ({ success: true }),
  },
  {
    route: () => 'POST /api/conversations/private',
    body: ({ bob }) => ({ other_user_id: bob.id }),
    documented: DOCUMENTED.privateConversation,
    values: ({ chat }) => ({ conversation_id: chat, is_group: false }),
  },
  {
    route: () => 'POST /api/conversations/group',
    body: ({ alice, bob, carol }) => ({ name: 'Study Group', member_ids: [alice.id, bob.id, carol.id] }),
    documented: DOCUMENTED.group,
    values: () => ({ success: true, is_group: true }),
  },
  {
    route: ({ group }) => `POST /api/conversations/${group}/participants`,
    body: ({ dave }) => ({ user_id: dave.id }),
    documented: DOCUMENTED.done,
    values: () => ({ success: true }),
  },
  {
    route: ({ group, bob }) => `DELETE /api/conversations/${group}/participants/${bob.id}`,
    documented: DOCUMENTED.done,
    values: () => ({ success: true }),
  },
  {
    route: ({ group }) => `GET /api/conversations/${group}/participants`,
    documented: DOCUMENTED.participants,
    values: () => ({ success: true }),
  },
  {
    route: ({ chat }) => `GET /api/conversations/${chat}/messages?limit=2&offset=0`,
    documented: DOCUMENTED.messages,
    values: () => ({ success: true }),
  },
  {
    route: () => 'POST /api/messages',
    body: ({ chat }) => ({ conversation_id: chat, content }),
    documented: DOCUMENTED.message,
    values: ({ alice, chat }) => ({ sender_id: alice.id, conversation_id: chat, content }),
  },
  {
    route: () => 'POST /api/messages/read',
    body: ({ message }) => ({ message_ids: [message] }),
    documented: DOCUMENTED.markedAsRead,
    values: () => DOCUMENTED.markedAsRead,
  },
  {
    route: ({ message }) => `PATCH /api/messages/${message}`,
    body: () => ({ content: 'Updated message content.' }),
    documented: DOCUMENTED.edited,
    values: ({ message }) => ({ success: true, message_id: message, content: 'Updated message content.' }),
  },
];

async function createUsers(app: TestApp): Promise<Users> {
  const [alice, bob, carol, dave] = await app.people('alice', 'bob', 'carol', 'dave');
  return { alice, bob, carol, dave };
}

/** A private conversation whose last message is bob's, and a new group. */
async function setTheScene(users: Users): Promise<World> {
  const { alice, bob, carol } = users;
  const chat = await privateOf(alice, bob);
  const group = await groupOf(alice, bob, carol);
  await send(bob, group, 'Hello!');
  const { message_id } = await send(alice, chat, 'Hey, how’s it going?');
  await send(bob, chat, 'Hello!');
  return { ...users, chat, group, message: message_id };
}

onEachServer('A documented endpoint', (app) => {
  let users: Users;
  before(async () => {
    users = await createUsers(app());
  });

  for (const row of ENDPOINTS) {
    const name = row
      .route({ alice: {}, bob: { username: '…' }, carol: {}, dave: {} } as World)
      .replaceAll('undefined', ':id');
    for (const credential of ['cookie', 'token'] as const) {
      it(`${name} answers what is documented, with the ${credential === 'cookie' ? 'cookie' : 'Bearer token'}`, async () => {
        const world = await setTheScene(name === 'PUT /api/me' ? await createUsers(app()) : users); // a new name only once
        const asked = { [credential]: world.alice[credential], ...(row.body && { body: row.body(world) }) };
        const { status, headers, body } = await http(app(), row.route(world), asked);
        expect(status, JSON.stringify(body)).to.equal(200);
        expect(headers.get('content-type')).to.match(/^application\/json/);
        expectShape(body, row.documented);
        expect(body).to.deep.include(row.values(world));
      });
    }
  }

  it('GET /api/conversations returns the current state of the private conversation', async () => {
    const { alice, bob, chat } = await setTheScene(await createUsers(app()));
    await bob.raw();
    const { body } = await http(app(), 'GET /api/conversations', { token: alice.token });
    const inOrderOfIds = [alice, bob].sort((one, other) => one.id - other.id).map(({ username }) => username);
    const { last_message, ...summary } = body.conversations.find((each: Answer) => each.conversation_id === chat);
    expect(summary).to.deep.include({
      is_group: false,
      name: inOrderOfIds.join(' & '),
      unread_count: 1,
      other_user_online: true,
    });
    expect(last_message).to.include({ sender_id: bob.id, content: 'Hello!' });
  });

  it('a conversation has its id under both names, over every transport and in every list', async () => {
    const { alice } = await setTheScene(users);
    for (const transport of TRANSPORTS) {
      const client = await alice.client(transport);
      const { conversations } = await client.ask('list_conversations');
      const { new_conversations } = await client.ask('sync');
      expect(conversations).not.to.have.length(0);
      expect(new_conversations).to.have.length(conversations.length);
      for (const { id, conversation_id } of [...conversations, ...new_conversations])
        expect(id).to.be.a('number').and.equal(conversation_id);
    }
  });

  it('GET …/participants returns who is an admin', async () => {
    const { alice, bob, carol, group } = await setTheScene(users);
    const { body } = await http(app(), `GET /api/conversations/${group}/participants`, { token: bob.token });
    const admins = body.participants.map(({ id, is_admin }: Answer) => [id, is_admin]);
    expect(admins).to.have.deep.members([
      [alice.id, true],
      [bob.id, false],
      [carol.id, false],
    ]);
  });

  it('ignores unknown body fields', async () => {
    const { alice, chat } = await setTheScene(await createUsers(app()));
    const body = { conversation_id: chat, content, sender_id: 1, seq: 99, colour: 'red' };
    const answer = await http(app(), 'POST /api/messages', { token: alice.token, body });
    expect(answer.status).to.equal(200);
    expect(answer.body).to.include({ sender_id: alice.id, seq: 3, content });
    expect(answer.body).not.to.have.property('colour');
    accepted(await alice.rest.ask('me'));
  });
});
