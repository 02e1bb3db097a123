import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

/** More than the names and numbers of which fit into a frame of 64 kB. */
const MANY = 7_000;
/** A longer gap is not replayed by `sync`. */
const LONGEST_REPLAY = 2_000;

describe('A client that was away', () => {
  const here = scene();
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    [alice, bob] = await here.app.people('alice', 'bob');
  });
  const openPrivate = async () =>
    (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id as number;
  /** Bob's client behind a network of its own, with the conversation open. */
  async function following(id: number) {
    const proxy = await here.proxy();
    const chat = here.chat(bob, { url: proxy.url });
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind);
    async function away(work: () => Promise<unknown>) {
      proxy.shut();
      await until(chat.status, ({ state }) => state === 'waiting');
      await work();
      proxy.open();
      chat.reconnectNow();
    }
    return { chat, store, away };
  }

  it('shows what it missed: messages, edits, deletions, names, new conversations and removals', async () => {
    const { conversation_id: group } = await alice.rest.ask('create_group', { name: 'Trip', member_ids: [bob.id] });
    const { conversation_id: left } = await alice.rest.ask('create_group', { name: 'Left', member_ids: [bob.id] });
    const say = (content: string) => alice.rest.ask('message', { conversation_id: group, content });
    const [first, second] = [await say('first'), await say('second')];
    const { chat, store, away } = await following(group);
    const heard: string[] = [];
    chat.on('message', ({ content }) => heard.push(content));
    chat.on('edited_message', ({ content }) => heard.push(`edited: ${content}`));
    chat.on('deleted_message', () => heard.push('deleted'));
    let made = 0;
    await away(async () => {
      await alice.rest.ask('edit_message', { message_id: first.message_id, content: 'changed' });
      await alice.rest.ask('delete_message', { message_id: second.message_id });
      await say('third');
      await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'Journey' });
      await alice.rest.ask('remove_participant', { conversation_id: left, user_id: bob.id });
      made = (await alice.rest.ask('create_group', { name: 'New', member_ids: [bob.id] })).conversation_id;
    });
    const { messages } = await until(store, ({ summary }) => summary?.name === 'Journey');
    expect(messages.map(({ content, deleted }) => deleted || content).slice(0, 3)).to.deep.equal([
      'changed',
      true,
      'third',
    ]);
    await until(chat.conversations, (all) => all.length === 2 && all.some((each) => each.conversation_id === made));
    expect(chat.conversation(left).get().gone).to.equal(true);
    expect(store.get().summary?.unread_count).to.equal(2);
    expect(heard).to.deep.equal(['edited: changed', 'deleted', 'third']);
  });

  it('starts a conversation anew where the gap is too long to replay', async function () {
    this.timeout(30_000);
    const id = await openPrivate();
    const { store, away } = await following(id);
    const { ask } = await alice.socketio();
    await away(async () => {
      const sends = Array.from({ length: LONGEST_REPLAY + 10 }, (_, n) =>
        ask('message', { conversation_id: id, content: `${n}` }),
      );
      await Promise.all(sends);
    });
    const { messages, hasOlder } = await until(store, (snapshot) => snapshot.messages.length > 0, 10_000);
    expect(messages).to.have.length(50);
    expect(messages.at(-1)?.seq).to.equal(LONGEST_REPLAY + 10);
    expect(hasOlder).to.equal(true);
    await store.loadOlder();
    expect(store.get().messages.map(({ seq }) => seq)).to.deep.equal(
      Array.from({ length: 100 }, (_, index) => LONGEST_REPLAY + 10 - 99 + index),
    );
  });

  it('loses nothing that arrives while it catches up', async function () {
    this.timeout(30_000);
    const id = await openPrivate();
    const { store, away } = await following(id);
    const { ask } = await alice.socketio();
    let said = 0;
    const say = () => {
      said += 1;
      return ask('message', { conversation_id: id, content: `${said}` });
    };
    await away(() => Promise.all(Array.from({ length: 700 }, say)));
    while (said < 1_000) await Promise.all([say(), say(), say()]); // meanwhile
    const { messages } = await until(store, (snapshot) => snapshot.messages.length === said, 10_000);
    expect(messages.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: said }, (_, index) => index + 1));
    await until(store, ({ summary }) => summary?.unread_count === said);
  });

  it(`knows ${MANY} conversations, and which of them changed`, async function () {
    this.timeout(60_000);
    const database = new DatabaseSync(here.app.env.DATABASE_URL?.slice('sqlite:'.length) ?? '');
    database.exec(`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MANY})
      insert into conversations (id, is_group, name, activity_at, created_at) select 1000000 + i, true, 'group ' || i, i, i from n;
      insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
        select c.id, u.id, u.id = ${alice.id}, 0, 0, 0, 0 from conversations c, users u
        where c.id > 1000000 and u.id in (${alice.id}, ${bob.id});`);
    database.close();
    const proxy = await here.proxy();
    const chat = here.chat(bob, { url: proxy.url });
    const oldest = 1_000_001;
    const store = chat.conversation(oldest);
    store.subscribe(() => undefined);
    await until(store, ({ loading, summary }) => !loading && summary !== undefined, 30_000);
    expect(chat.conversations.get()).to.have.length(MANY);
    proxy.shut();
    await until(chat.status, ({ state }) => state === 'waiting');
    const { message_id } = await alice.rest.ask('message', { conversation_id: oldest, content: 'there' });
    await alice.rest.ask('edit_message', { message_id, content: 'here' });
    await alice.rest.ask('remove_participant', { conversation_id: oldest + 1, user_id: bob.id });
    proxy.open();
    chat.reconnectNow();
    await until(store, ({ messages }) => messages[0]?.content === 'here', 30_000);
    await until(chat.conversations, (all) => all.length === MANY - 1 && all[0]?.conversation_id === oldest, 30_000);
  });
});
