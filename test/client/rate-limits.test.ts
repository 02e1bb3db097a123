import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { runSql } from '../support/sqlite.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

const LIMITS = { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '10000/60' };

/** How often an operation had this result, by the server's counters. */
async function countOf(url: string, operation: string, result: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.includes(`{operation="${operation}",result="${result}"}`));
  return Number(line?.split(' ')[1] ?? 0);
}

describe('A client with many conversations under rate limits', () => {
  const MANY = 2_000;
  /** Synchronizing all of them uses up the limit of a second. */
  const fixture = useFixture({ ...LIMITS, RATE_OPERATIONS: '25/1' });

  it('synchronizes all of them over several seconds, and sends no more requests than allowed', async function () {
    this.timeout(120_000);
    const [alice, bob] = await fixture.app.people('alice', 'bob');
    fillGroups(fixture.app.env.DATABASE_URL ?? '', MANY, [alice, bob]);
    const proxy = await fixture.proxy();
    const chat = fixture.chat(bob, { url: proxy.url });
    const oldest = 1_000_001;
    const store = chat.conversation(oldest);
    store.subscribe(() => undefined);
    await until(store, ({ loading, summary }) => !loading && summary !== undefined, 15_000);
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind, 15_000);
    expect(chat.conversations.get()).to.have.length(MANY);
    proxy.shut();
    await until(chat.status, ({ state }) => state === 'waiting');
    const { message_id } = await alice.rest.ask('message', { conversation_id: oldest, content: 'there' });
    await alice.rest.ask('edit_message', { message_id, content: 'here' });
    const before = await countOf(fixture.app.url, 'sync', 'rate_limited');
    proxy.open();
    chat.reconnectNow();
    await until(store, ({ messages }) => messages[0]?.content === 'here', 10_000);
    await until(chat.status, ({ behind }) => !behind, 10_000);
    expect(await countOf(fixture.app.url, 'sync', 'rate_limited')).to.be.within(before + 1, before + 4);
  });
});

describe('A client that reaches the rate limits', () => {
  const WINDOW_SEC = 3;
  const fixture = useFixture({
    ...LIMITS,
    RATE_OPERATIONS: `25/${WINDOW_SEC}`,
    RATE_SENDS: '2/1',
    RATE_SENDS_BURST: '2',
  });
  let alice: Person;
  let bob: Person;
  let id: number;
  beforeEach(async () => {
    [alice, bob] = await fixture.app.people('alice', 'bob');
    id = (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id;
  });
  async function opened(user: Person) {
    const chat = fixture.chat(user);
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    await until(chat.status, ({ behind }) => !behind);
    return { chat, store };
  }
  /** Sends requests until they are rate limited. */
  async function exhaust({ rest }: Person): Promise<void> {
    while ((await rest.ask('me', {})).ok);
  }

  it('sends all messages in order, and drops none', async () => {
    const { store } = await opened(alice);
    const contents = Array.from({ length: 7 }, (_, index) => `message ${index}`);
    for (const content of contents) store.send(content);
    const { messages } = await until(
      store,
      (snapshot) => snapshot.messages.every(({ state }) => state !== 'pending'),
      9_000,
    );
    expect(messages.map(({ state }) => state)).not.to.include('failed');
    const { messages: rows } = await bob.rest.ask('list_messages', { conversation_id: id });
    expect(rows.map(({ content }: { content: string }) => content).reverse()).to.deep.equal(contents);
  });

  it('sends delivery and read receipts once it is allowed to, and not before', async function () {
    this.timeout(120_000);
    const { store } = await opened(bob);
    const aliceView = await opened(alice);
    await exhaust(bob);
    await alice.rest.ask('message', { conversation_id: id, content: 'Hello' });
    await until(store, ({ messages }) => messages.length === 1);
    await until(aliceView.store, ({ messages }) => messages[0]?.state === 'delivered', 8_000);
    await exhaust(bob);
    const refused = await countOf(fixture.app.url, 'read_receipt', 'rate_limited');
    store.markRead();
    await until(aliceView.store, ({ messages }) => messages[0]?.state === 'read', 8_000);
    expect((await countOf(fixture.app.url, 'read_receipt', 'rate_limited')) - refused).to.be.at.most(1);
  });

  it('goes online when it is allowed to, on the same connection', async () => {
    await exhaust(alice);
    const chat = fixture.chat(alice);
    const states = new Set<string>();
    chat.status.subscribe(() => states.add(chat.status.get().state));
    await until(chat.me, (me) => me?.id === alice.id, 8_000);
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind, 8_000);
    expect([...states]).not.to.include('waiting');
  });
});

/** Creates groups with ids from 1000001 on, without messages. */
function fillGroups(databaseUrl: string, count: number, members: readonly Person[]): void {
  runSql(
    databaseUrl,
    `
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into conversations (id, is_group, name, activity_at, created_at) select 1000000 + i, true, 'group ' || i, i, i from n;
    insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
      select c.id, u.id, u.id = ${members[0]?.id}, 0, 0, 0, 0 from conversations c, users u
      where c.id > 1000000 and u.id in (${members.map(({ id }) => id).join(', ')});`,
  );
}
