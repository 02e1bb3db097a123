import { expect } from 'chai';
import { memoryStorage } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

describe('The outbox of the client', () => {
  const here = scene();
  let alice: Person;
  let id: number;
  beforeEach(async () => {
    const [one, bob] = await here.app.people('alice', 'bob');
    alice = one;
    id = (await alice.rest.ask('open_private_conversation', { other_user_id: bob.id })).conversation_id;
  });
  const kept = async () => {
    const { messages } = await alice.rest.ask('list_messages', { conversation_id: id });
    return (messages as { content: string }[]).map(({ content }) => content).reverse();
  };

  it('keeps what was written without a connection over a reload, shows it at once, and sends it once and in order', async () => {
    const proxy = await here.proxy();
    const storage = memoryStorage();
    const before = here.chat(alice, { url: proxy.url, storage });
    await until(before.me, (me) => me !== undefined);
    proxy.shut();
    await until(before.status, ({ state }) => state === 'waiting');
    const written = Array.from({ length: 10 }, (_, index) => `written ${index}`);
    for (const content of written) before.conversation(id).send(content);
    before.close();
    expect(await kept()).to.deep.equal([]);

    const after = here.chat(alice, { url: proxy.url, storage });
    const store = after.conversation(id);
    expect(store.get().messages.map(({ content, state }) => [content, state])).to.deep.equal(
      written.map((content) => [content, 'pending']),
    );
    proxy.open();
    after.reconnectNow();
    await until(store, ({ messages }) => messages.length === 10 && messages.every(({ state }) => state === 'sent'));
    expect(await kept()).to.deep.equal(written);
    expect(keysOf(storage)).to.deep.equal([]);
  });

  it('makes no second message where the answer to the first was lost', async () => {
    const proxy = await here.proxy();
    const chat = here.chat(alice, { url: proxy.url });
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    proxy.hold('down');
    store.send('Once?');
    while ((await kept()).length === 0);
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    proxy.cut();
    await until(store, ({ messages }) => messages[0]?.state === 'sent');
    store.send('Next');
    await until(store, ({ messages }) => messages[1]?.state === 'sent');
    expect(await kept()).to.deep.equal(['Once?', 'Next']);
  });

  it('shows what the server refuses as failed, with its error; what comes after it is sent', async () => {
    const storage = memoryStorage();
    const chat = here.chat(alice, { storage });
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

  it('is one for several tabs: each may send what is in it, and it is sent once', async () => {
    const proxy = await here.proxy();
    const storage = memoryStorage();
    const first = here.chat(alice, { url: proxy.url, storage });
    await until(first.me, (me) => me !== undefined);
    proxy.shut();
    await until(first.status, ({ state }) => state === 'waiting');
    for (const content of ['one', 'two', 'three']) first.conversation(id).send(content);
    const second = here.chat(alice, { storage });
    const store = second.conversation(id);
    proxy.open();
    first.reconnectNow();
    await until(store, ({ messages }) => messages.length === 3 && messages.every(({ state }) => state === 'sent'));
    await until(first.conversation(id), ({ messages }) => messages.every(({ state }) => state === 'sent'));
    expect(await kept()).to.deep.equal(['one', 'two', 'three']);
  });

  it("sends nothing of one user's in the name of another, and forgets it when they sign out", async () => {
    const mallory = await here.app.person('mallory');
    const proxy = await here.proxy();
    const storage = memoryStorage();
    const hers = here.chat(alice, { url: proxy.url, storage });
    await until(hers.me, (me) => me !== undefined);
    proxy.shut();
    await until(hers.status, ({ state }) => state === 'waiting');
    hers.conversation(id).send('mine');
    hers.close();
    proxy.open();
    const theirs = here.chat(mallory, { storage });
    await until(theirs.status, ({ state }) => state === 'online');
    expect(theirs.conversation(id).get().messages).to.deep.equal([]);
    await theirs.signOut();
    expect(keysOf(storage), "what is alice's stays").to.have.length(1);
    const again = here.chat(alice, { storage });
    await until(again.conversation(id), ({ messages }) => messages[0]?.state === 'sent');
    expect(await kept()).to.deep.equal(['mine']);
  });
});

function keysOf(storage: ReturnType<typeof memoryStorage>): string[] {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
  return keys.filter((key) => key.startsWith('mmchat:outbox:'));
}
