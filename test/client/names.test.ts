import { expect } from 'chai';
import { fillUsers } from '../../bench/servers/filling.ts';
import type { Chat, ConversationSummary } from '../../packages/client/src/client.ts';
import { withLatest } from '../../packages/client/src/current-answers.ts';
import { People } from '../../packages/client/src/people.ts';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database.ts';
import type { Person } from '../support/people.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

const PICTURE = 'https://example.com/picture.png';

describe('A new name or picture in the client', () => {
  const here = scene();
  let alice: Person;
  let bob: Person;
  let direct: number;
  let group: number;
  beforeEach(async () => {
    [alice, bob] = await here.app.people('alice', 'bob');
    direct = (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id;
    group = (await alice.rest.ask('create_group', { name: 'Trip', member_ids: [bob.id] })).conversation_id;
    for (const who of [bob, alice])
      for (const conversation_id of [direct, group]) await who.rest.ask('message', { conversation_id, content: 'Hi' });
  });
  async function opened(who: Person, options: { url?: string } = {}): Promise<Chat> {
    const chat = here.chat(who, options);
    for (const id of [direct, group]) {
      const store = chat.conversation(id);
      store.subscribe(() => undefined);
      await until(store, ({ messages, loading }) => !loading && messages.length === 2);
    }
    return chat;
  }
  /** Waits until a client shows of conversations what the server says when it is asked anew. */
  async function showsAsListed(chat: Chat, who: Person): Promise<void> {
    const { conversations } = await who.rest.ask('list_conversations');
    const listed = JSON.stringify(conversations.map(namesIn));
    await until(chat.conversations, (all) => JSON.stringify(all.map(namesIn)) === listed);
  }
  const sendersIn = (chat: Chat, id: number) =>
    chat
      .conversation(id)
      .get()
      .messages.map(({ senderUsername }) => senderUsername);

  it('is shown at once in lists, headers, messages and of who is typing, to others and on one’s own devices', async () => {
    const [his, hers, phone] = [await opened(bob), await opened(alice), await opened(alice)];
    hers.conversation(group).typing();
    await until(his.conversation(group), ({ typing }) => typing.length === 1);
    const username = `${alice.username}-new`;
    await hers.ask('update_me', { username, profile_picture: PICTURE });
    for (const chat of [hers, phone])
      expect(await until(chat.me, (me) => me?.username === username)).to.include({ profile_picture: PICTURE });
    for (const [chat, who] of [
      [his, bob],
      [hers, alice],
      [phone, alice],
    ] as const) {
      await showsAsListed(chat, who);
      for (const id of [direct, group]) expect(sendersIn(chat, id)).to.deep.equal([bob.username, username]);
    }
    expect(his.conversation(group).get().typing).to.deep.equal([{ id: alice.id, username }]);
    const shown = his.conversation(direct).get().summary;
    expect(shown).to.deep.include({ name: `${username} & ${bob.username}`, profile_picture: PICTURE });
    expect(shown?.other_user).to.include({ username, profile_picture: PICTURE });

    await his.ask('update_me', { username: `${bob.username}-new` });
    await until(hers.conversation(direct), ({ summary }) => summary?.name === `${username} & ${bob.username}-new`);
    await showsAsListed(his, bob);
  });

  it('comes with the next list or message after it was missed', async () => {
    const proxy = await here.proxy();
    const his = await opened(bob, { url: proxy.url });
    proxy.shut();
    await until(his.status, ({ state }) => state === 'waiting');
    const username = `${alice.username}-new`;
    await alice.rest.ask('update_me', { username, profile_picture: PICTURE });
    await alice.rest.ask('message', { conversation_id: group, content: 'I am back' });
    proxy.open();
    his.reconnectNow();
    await until(his.conversation(group), ({ messages }) => messages.length === 3);
    await showsAsListed(his, bob);
    expect(sendersIn(his, direct)).to.deep.equal([bob.username, username]);
    expect(sendersIn(his, group)).to.deep.equal([bob.username, username, username]);
  });

  it('is not undone by an answer that was asked for before', async () => {
    const people = new People();
    const { conversations } = await bob.rest.ask('list_conversations');
    const { messages } = await bob.rest.ask('list_messages', { conversation_id: group });
    const { participants } = await bob.rest.ask('list_participants', { conversation_id: group });
    const { users } = await bob.rest.ask('search_users', { q: alice.username });
    const askedAt = performance.now();
    const username = `${alice.username}-new`;
    const change = { sender_id: alice.id, sender_username: username, profile_picture: PICTURE };
    people.announced({ ...change, created_at: new Date().toISOString() });
    await alice.rest.ask('update_me', { username, profile_picture: PICTURE });
    const amended = <Name extends Parameters<typeof withLatest>[0]>(name: Name, result: never) =>
      withLatest(name, result, (id) => people.latest(id, askedAt), bob.id);
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
    expect(people.latest(alice.id, performance.now() + 1)).to.equal(undefined); // asked later, an answer is newer
  });
});

describe('The participants of a large group', () => {
  const here = scene({ RATE_LIMITS: 'on', RATE_OPERATIONS: '14/2' });
  const MEMBERS = 600;

  it('are all there, however many pages it takes and however few the limits allow', async () => {
    const database = await Database.open(readConfig(here.app.env).database);
    await fillUsers(database, MEMBERS);
    await database.close();
    const alice = await here.app.person('alice');
    const members = Array.from({ length: MEMBERS }, (_, index) => index + 1);
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'Everybody', member_ids: members });
    const chat = here.chat(alice);
    const ids = (await chat.conversation(conversation_id).participants()).map(({ id }) => id);
    expect(ids.toSorted((a, b) => a - b)).to.deep.equal([...members, alice.id]);
  });
});

/** What a summary shows of people. */
const namesIn = ({ conversation_id, name, profile_picture, other_user, last_message }: ConversationSummary) => ({
  conversation_id,
  name,
  profile_picture,
  other: other_user?.username,
  sender: last_message?.sender_username,
});
