import { expect } from 'chai';
import { memoryStorage } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

describe('The outbox of the client', () => {
  const fixture = useFixture();
  let alice: Person;
  let id: number;
  beforeEach(async () => {
    const [one, bob] = await fixture.app.people('alice', 'bob');
    alice = one;
    id = (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id;
  });
  const storedContents = async () => {
    const { messages } = await alice.rest.ask('list_messages', { conversation_id: id });
    return (messages as { content: string }[]).map(({ content }) => content).reverse();
  };

  it('keeps messages written offline across a reload, shows them at once, and sends them once and in order', async () => {
    const proxy = await fixture.proxy();
    const storage = memoryStorage();
    const before = fixture.chat(alice, { url: proxy.url, storage });
    await until(before.me, (me) => me !== undefined);
    proxy.shut();
    await until(before.status, ({ state }) => state === 'waiting');
    const written = Array.from({ length: 10 }, (_, index) => `written ${index}`);
    for (const content of written) before.conversation(id).send(content);
    before.close();
    expect(await storedContents()).to.deep.equal([]);

    const after = fixture.chat(alice, { url: proxy.url, storage });
    const store = after.conversation(id);
    expect(store.get().messages.map(({ content, state }) => [content, state])).to.deep.equal(
      written.map((content) => [content, 'pending']),
    );
    proxy.open();
    after.reconnectNow();
    await until(store, ({ messages }) => messages.length === 10 && messages.every(({ state }) => state === 'sent'));
    expect(await storedContents()).to.deep.equal(written);
    expect(keysOf(storage)).to.deep.equal([]);
  });

  it('does not send a second message when the answer to the first was lost', async () => {
    const proxy = await fixture.proxy();
    const chat = fixture.chat(alice, { url: proxy.url });
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    proxy.hold('down');
    store.send('Once?');
    while ((await storedContents()).length === 0);
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    proxy.cut();
    await until(store, ({ messages }) => messages[0]?.state === 'sent');
    store.send('Next');
    await until(store, ({ messages }) => messages[1]?.state === 'sent');
    expect(await storedContents()).to.deep.equal(['Once?', 'Next']);
  });

  it('shows a refused message as failed, with its error, and sends the next one', async () => {
    const storage = memoryStorage();
    const chat = fixture.chat(alice, { storage });
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    store.send('   ');
    store.send('fine');
    const { messages } = await until(
      store,
      (snapshot) => snapshot.messages.map(({ state }) => state).join() === 'sent,failed',
    );
    const [, failed] = messages;
    expect(failed?.error?.code).to.equal('invalid_input');
    store.retry(failed?.clientMessageId ?? '');
    expect(store.get().messages[1]?.state).to.equal('pending');
    await until(store, (snapshot) => snapshot.messages[1]?.state === 'failed');
    store.discard(failed?.clientMessageId ?? '');
    expect(store.get().messages).to.have.length(1);
    expect(keysOf(storage)).to.deep.equal([]);
  });

  it('is shared by several tabs: either sends its messages, and each is sent once', async () => {
    const proxy = await fixture.proxy();
    const storage = memoryStorage();
    const first = fixture.chat(alice, { url: proxy.url, storage });
    await until(first.me, (me) => me !== undefined);
    proxy.shut();
    await until(first.status, ({ state }) => state === 'waiting');
    for (const content of ['one', 'two', 'three']) first.conversation(id).send(content);
    const second = fixture.chat(alice, { storage });
    const store = second.conversation(id);
    proxy.open();
    first.reconnectNow();
    await until(store, ({ messages }) => messages.length === 3 && messages.every(({ state }) => state === 'sent'));
    await until(first.conversation(id), ({ messages }) => messages.every(({ state }) => state === 'sent'));
    expect(await storedContents()).to.deep.equal(['one', 'two', 'three']);
  });

  it('sends no message of one user as another, and keeps it when the other signs out', async () => {
    const mallory = await fixture.app.person('mallory');
    const proxy = await fixture.proxy();
    const storage = memoryStorage();
    const aliceChat = fixture.chat(alice, { url: proxy.url, storage });
    await until(aliceChat.me, (me) => me !== undefined);
    proxy.shut();
    await until(aliceChat.status, ({ state }) => state === 'waiting');
    aliceChat.conversation(id).send('mine');
    aliceChat.close();
    proxy.open();
    const malloryChat = fixture.chat(mallory, { storage });
    await until(malloryChat.status, ({ state }) => state === 'online');
    expect(malloryChat.conversation(id).get().messages).to.deep.equal([]);
    await malloryChat.signOut();
    expect(keysOf(storage), "alice's message stays").to.have.length(1);
    const again = fixture.chat(alice, { storage });
    await until(again.conversation(id), ({ messages }) => messages[0]?.state === 'sent');
    expect(await storedContents()).to.deep.equal(['mine']);
  });
});

function keysOf(storage: ReturnType<typeof memoryStorage>): string[] {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
  return keys.filter((key) => key.startsWith('mmchat:outbox:'));
}
