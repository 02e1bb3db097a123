import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { runSql } from '../support/sqlite.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

/** More conversations than fit into a frame of 64 kB. */
const CONVERSATIONS = 7_000;
/** `sync` does not replay a longer gap. */
const MAX_REPLAY = 2_000;

describe('A client that was offline', () => {
  const fixture = useFixture();
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    [alice, bob] = await fixture.app.people('alice', 'bob');
  });
  const openPrivate = async () =>
    (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id as number;
  /** Bob's client behind a network of its own, with the conversation open. */
  async function openBobsClient(id: number) {
    const proxy = await fixture.proxy();
    const chat = fixture.chat(bob, { url: proxy.url });
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind);
    async function whileOffline(work: () => Promise<unknown>) {
      proxy.shut();
      await until(chat.status, ({ state }) => state === 'waiting');
      await work();
      proxy.open();
      chat.reconnectNow();
    }
    return { chat, store, whileOffline };
  }

  it('shows what it missed: messages, edits, deletions, names, new conversations and removals', async () => {
    const { conversation_id: group } = await alice.rest.ask('create_group', { name: 'Trip', member_ids: [bob.id] });
    const { conversation_id: removedFrom } = await alice.rest.ask('create_group', {
      name: 'Left',
      member_ids: [bob.id],
    });
    const send = (content: string) => alice.rest.ask('message', { conversation_id: group, content });
    const [first, second] = [await send('first'), await send('second')];
    const { chat, store, whileOffline } = await openBobsClient(group);
    const events: string[] = [];
    chat.on('message', ({ content }) => events.push(content));
    chat.on('edited_message', ({ content }) => events.push(`edited: ${content}`));
    chat.on('deleted_message', () => events.push('deleted'));
    let createdId = 0;
    await whileOffline(async () => {
      await alice.rest.ask('edit_message', { message_id: first.message_id, content: 'changed' });
      await alice.rest.ask('delete_message', { message_id: second.message_id });
      await send('third');
      await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'Journey' });
      await alice.rest.ask('remove_participant', { conversation_id: removedFrom, user_id: bob.id });
      createdId = (await alice.rest.ask('create_group', { name: 'New', member_ids: [bob.id] })).conversation_id;
    });
    const { messages } = await until(store, ({ summary }) => summary?.name === 'Journey');
    expect(messages.map(({ content, deleted }) => deleted || content).slice(0, 3)).to.deep.equal([
      'changed',
      true,
      'third',
    ]);
    await until(
      chat.conversations,
      (all) => all.length === 2 && all.some((each) => each.conversation_id === createdId),
    );
    expect(chat.conversation(removedFrom).get().gone).to.equal(true);
    expect(store.get().summary?.unread_count).to.equal(2);
    expect(events).to.deep.equal(['edited: changed', 'deleted', 'third']);
  });

  it('reloads a conversation if the gap is too long to be replayed', async function () {
    this.timeout(120_000);
    const id = await openPrivate();
    const { store, whileOffline } = await openBobsClient(id);
    const { ask } = await alice.socketio();
    await whileOffline(async () => {
      const sends = Array.from({ length: MAX_REPLAY + 10 }, (_, n) =>
        ask('message', { conversation_id: id, content: `${n}` }),
      );
      await Promise.all(sends);
    });
    const { messages, hasOlder } = await until(store, (snapshot) => snapshot.messages.length > 0, 10_000);
    expect(messages).to.have.length(50);
    expect(messages.at(-1)?.seq).to.equal(MAX_REPLAY + 10);
    expect(hasOlder).to.equal(true);
    await store.loadOlder();
    expect(store.get().messages.map(({ seq }) => seq)).to.deep.equal(
      Array.from({ length: 100 }, (_, index) => MAX_REPLAY + 10 - 99 + index),
    );
  });

  it('loses nothing that arrives during synchronization', async function () {
    this.timeout(120_000);
    const id = await openPrivate();
    const { store, whileOffline } = await openBobsClient(id);
    const { ask } = await alice.socketio();
    let sent = 0;
    const send = () => {
      sent += 1;
      return ask('message', { conversation_id: id, content: `${sent}` });
    };
    await whileOffline(() => Promise.all(Array.from({ length: 700 }, send)));
    while (sent < 1_000) await Promise.all([send(), send(), send()]); // meanwhile
    const { messages } = await until(store, (snapshot) => snapshot.messages.length === sent, 10_000);
    expect(messages.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: sent }, (_, index) => index + 1));
    await until(store, ({ summary }) => summary?.unread_count === sent);
  });

  it(`synchronizes the changed ones of ${CONVERSATIONS} conversations`, async function () {
    this.timeout(120_000);
    runSql(
      fixture.app.env.DATABASE_URL ?? '',
      `
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${CONVERSATIONS})
      insert into conversations (id, is_group, name, activity_at, created_at) select 1000000 + i, true, 'group ' || i, i, i from n;
      insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
        select c.id, u.id, u.id = ${alice.id}, 0, 0, 0, 0 from conversations c, users u
        where c.id > 1000000 and u.id in (${alice.id}, ${bob.id});`,
    );
    const proxy = await fixture.proxy();
    const chat = fixture.chat(bob, { url: proxy.url });
    const oldest = 1_000_001;
    const store = chat.conversation(oldest);
    store.subscribe(() => undefined);
    await until(store, ({ loading, summary }) => !loading && summary !== undefined, 30_000);
    expect(chat.conversations.get()).to.have.length(CONVERSATIONS);
    proxy.shut();
    await until(chat.status, ({ state }) => state === 'waiting');
    const { message_id } = await alice.rest.ask('message', { conversation_id: oldest, content: 'there' });
    await alice.rest.ask('edit_message', { message_id, content: 'here' });
    await alice.rest.ask('remove_participant', { conversation_id: oldest + 1, user_id: bob.id });
    proxy.open();
    chat.reconnectNow();
    await until(store, ({ messages }) => messages[0]?.content === 'here', 30_000);
    await until(
      chat.conversations,
      (all) => all.length === CONVERSATIONS - 1 && all[0]?.conversation_id === oldest,
      30_000,
    );
  });
});
