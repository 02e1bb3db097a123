import { expect } from 'chai';
import { fillUsers, openToFill } from '../../bench/servers/fill-database.ts';
import { amendResult } from '../../packages/client/src/amend-result.ts';
import type { Chat, ConversationSummary } from '../../packages/client/src/client.ts';
import { ProfileUpdates } from '../../packages/client/src/profile-updates.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Person } from '../support/people.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

const PICTURE = 'https://example.com/picture.png';

describe('A new name or picture in the client', () => {
  const fixture = useFixture();
  let alice: Person;
  let bob: Person;
  let direct: number;
  let group: number;
  beforeEach(async () => {
    [alice, bob] = await fixture.app.people('alice', 'bob');
    direct = (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id;
    group = (await alice.rest.ask('create_group', { name: 'Trip', member_ids: [bob.id] })).conversation_id;
    for (const user of [bob, alice])
      for (const conversation_id of [direct, group]) await user.rest.ask('message', { conversation_id, content: 'Hi' });
  });
  async function opened(user: Person, options: { url?: string } = {}): Promise<Chat> {
    const chat = fixture.chat(user, options);
    for (const id of [direct, group]) {
      const store = chat.conversation(id);
      store.subscribe(() => undefined);
      await until(store, ({ messages, loading }) => !loading && messages.length === 2);
    }
    return chat;
  }
  /** Waits until a client shows the same names and pictures as a fresh list from the server. */
  async function showsAsListed(chat: Chat, user: Person): Promise<void> {
    const { conversations } = await user.rest.ask('list_conversations');
    const listed = JSON.stringify(conversations.map(namesIn));
    await until(chat.conversations, (all) => JSON.stringify(all.map(namesIn)) === listed);
  }
  const sendersIn = (chat: Chat, id: number) =>
    chat
      .conversation(id)
      .get()
      .messages.map(({ senderUsername }) => senderUsername);

  it('is shown at once in lists, headers, messages and typing indicators, to others and on the user’s own devices', async () => {
    const [bobChat, aliceChat, phone] = [await opened(bob), await opened(alice), await opened(alice)];
    aliceChat.conversation(group).typing();
    await until(bobChat.conversation(group), ({ typing }) => typing.length === 1);
    const username = `${alice.username}-new`;
    await aliceChat.ask('update_me', { username, profile_picture: PICTURE });
    for (const chat of [aliceChat, phone])
      expect(await until(chat.me, (me) => me?.username === username)).to.include({ profile_picture: PICTURE });
    for (const [chat, user] of [
      [bobChat, bob],
      [aliceChat, alice],
      [phone, alice],
    ] as const) {
      await showsAsListed(chat, user);
      for (const id of [direct, group]) expect(sendersIn(chat, id)).to.deep.equal([bob.username, username]);
    }
    expect(bobChat.conversation(group).get().typing).to.deep.equal([{ id: alice.id, username }]);
    const shown = bobChat.conversation(direct).get().summary;
    expect(shown).to.deep.include({ name: `${username} & ${bob.username}`, profile_picture: PICTURE });
    expect(shown?.other_user).to.include({ username, profile_picture: PICTURE });

    await bobChat.ask('update_me', { username: `${bob.username}-new` });
    await until(aliceChat.conversation(direct), ({ summary }) => summary?.name === `${username} & ${bob.username}-new`);
    await showsAsListed(bobChat, bob);
  });

  it('is shown with the next list or message if its event was missed', async () => {
    const proxy = await fixture.proxy();
    const bobChat = await opened(bob, { url: proxy.url });
    proxy.shut();
    await until(bobChat.status, ({ state }) => state === 'waiting');
    const username = `${alice.username}-new`;
    await alice.rest.ask('update_me', { username, profile_picture: PICTURE });
    await alice.rest.ask('message', { conversation_id: group, content: 'I am back' });
    proxy.open();
    bobChat.reconnectNow();
    await until(bobChat.conversation(group), ({ messages }) => messages.length === 3);
    await showsAsListed(bobChat, bob);
    expect(sendersIn(bobChat, direct)).to.deep.equal([bob.username, username]);
    expect(sendersIn(bobChat, group)).to.deep.equal([bob.username, username, username]);
  });

  it('is not undone by the answer to an earlier request', async () => {
    const profiles = new ProfileUpdates();
    const { conversations } = await bob.rest.ask('list_conversations');
    const { messages } = await bob.rest.ask('list_messages', { conversation_id: group });
    const { participants } = await bob.rest.ask('list_participants', { conversation_id: group });
    const { users } = await bob.rest.ask('search_users', { q: alice.username });
    const askedAt = performance.now();
    const username = `${alice.username}-new`;
    const change = { sender_id: alice.id, sender_username: username, profile_picture: PICTURE };
    profiles.record({ ...change, created_at: new Date().toISOString() });
    await alice.rest.ask('update_me', { username, profile_picture: PICTURE });
    const amended = <Name extends Parameters<typeof amendResult>[0]>(name: Name, result: never) =>
      amendResult(name, result, (id) => profiles.latest(id, askedAt), bob.id);
    const now = await bob.rest.ask('list_conversations');
    const then = amended('list_conversations', { conversations } as never);
    expect(then.conversations.map(namesIn)).to.deep.equal(now.conversations.map(namesIn));
    expect(amended('list_messages', { messages } as never).messages).to.deep.equal(
      (await bob.rest.ask('list_messages', { conversation_id: group })).messages,
    );
    for (const found of [
      amended('list_participants', { participants } as never).participants,
      amended('search_users', { users } as never).users,
    ])
      expect(found.find(({ id }) => id === alice.id)).to.include({ username, profile_picture: PICTURE });
    expect(profiles.latest(alice.id, performance.now() + 1)).to.equal(undefined); // a later request has a newer answer
  });
});

describe('The participants of a large group', () => {
  const fixture = useFixture({ RATE_LIMITS: 'on', RATE_OPERATIONS: '14/2' });
  const MEMBERS = 600;

  it('are all fetched, over several pages and within the rate limits', async function () {
    this.timeout(120_000); // most of it waits for the limit
    const database = await openToFill(readConfig(fixture.app.env).database);
    await fillUsers(database, MEMBERS);
    await database.close();
    const alice = await fixture.app.person('alice');
    const members = Array.from({ length: MEMBERS }, (_, index) => index + 1);
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'Everybody', member_ids: members });
    const chat = fixture.chat(alice);
    const ids = (await chat.conversation(conversation_id).participants()).map(({ id }) => id);
    expect(ids.toSorted((a, b) => a - b)).to.deep.equal([...members, alice.id]);
  });
});

/** The names and pictures in a summary. */
const namesIn = ({ conversation_id, name, profile_picture, other_user, last_message }: ConversationSummary) => ({
  conversation_id,
  name,
  profile_picture,
  other: other_user?.username,
  sender: last_message?.sender_username,
});
