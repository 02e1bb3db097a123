import { expect } from 'chai';
import type { Chat } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

/** Over 64 kB, in characters of one byte. */
const OVER_PACKET = 'y'.repeat(70_000);

describe('What is too large for the server', () => {
  const here = scene();
  let alice: Person;
  let ids: [number, number];
  beforeEach(async () => {
    const [one, bob, carol] = await here.app.people('alice', 'bob', 'carol');
    alice = one;
    const opened = [bob, carol].map(({ id }) => alice.rest.ask('open_private_conversation', { other_user_id: id }));
    ids = (await Promise.all(opened)).map(({ conversation_id }) => conversation_id) as [number, number];
  });
  const contents = async (conversation_id: number) => {
    const { messages } = await alice.rest.ask('list_messages', { conversation_id });
    return (messages as { content: string }[]).map(({ content }) => content).reverse();
  };
  const errorsOf = (chat: Chat, id: number) =>
    chat
      .conversation(id)
      .get()
      .messages.flatMap(({ error }) => error ?? []);
  /** Every state of the connection from now on. */
  const statesOf = (chat: Chat) => {
    const states = new Set<string>();
    chat.status.subscribe(() => states.add(chat.status.get().state));
    return states;
  };

  it('fails at once as a message, with the code that the server has for it; what is behind it is sent', async () => {
    const chat = here.chat(alice);
    const store = chat.conversation(ids[0]);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    const states = statesOf(chat);
    store.send(OVER_PACKET);
    store.send('ж'.repeat(4_097));
    const longest = '🙂'.repeat(4_096);
    store.send(longest);
    store.send('behind');
    const { error } = await alice.rest.ask('message', { conversation_id: ids[0], content: 'ж'.repeat(4_097) });
    expect(errorsOf(chat, ids[0]).map(({ code }) => code)).to.deep.equal(['body_too_large', error.code]);
    await until(store, ({ messages }) => messages.filter(({ state }) => state === 'sent').length === 2);
    expect(await contents(ids[0])).to.deep.equal([longest, 'behind']);
    expect([...states].filter((state) => state !== 'online')).to.deep.equal([]);
  });

  it('fails as a message that is written without a connection, and when it is tried again', async () => {
    const proxy = await here.proxy();
    proxy.shut();
    const chat = here.chat(alice, { url: proxy.url });
    const store = chat.conversation(ids[0]);
    store.send(OVER_PACKET);
    for (const tries of ['at first', 'again']) {
      expect(errorsOf(chat, ids[0]), tries).to.have.length(1);
      store.retry(store.get().messages[0]?.clientMessageId ?? '');
    }
  });

  it('is refused as any other operation, and the connection stays', async () => {
    const chat = here.chat(alice);
    await until(chat.status, ({ state }) => state === 'online');
    const states = statesOf(chat);
    const [conversation_id] = ids;
    const { message_id } = await chat.ask('message', { conversation_id, content: 'short' });
    const manyIds = Array.from({ length: 20_000 }, (_, index) => index + 1);
    const refused: Promise<unknown>[] = [
      chat.conversation(conversation_id).edit(message_id, 'ж'.repeat(33_000)),
      chat.conversation(conversation_id).rename(OVER_PACKET),
      chat.createGroup('everybody', manyIds),
      chat.ask('read_receipt', { message_ids: manyIds }),
      chat.ask('search_users', { q: OVER_PACKET }),
      chat.ask('typing_start', { conversation_id, text: OVER_PACKET } as never),
    ];
    const codes = await Promise.all(refused.map((each) => each.catch(({ code }) => code)));
    expect(codes).to.deep.equal(refused.map(() => 'body_too_large'));
    await chat.ask('me', {});
    expect([...states].filter((state) => state !== 'online')).to.deep.equal([]);
  });

  it('is whatever just fits not: the largest packet is answered', async () => {
    const chat = here.chat(alice);
    const states = statesOf(chat);
    const input = { conversation_id: ids[0], content: '' };
    const room = 65_536 - 32 - JSON.stringify(['message', input]).length;
    for (const content of ['y'.repeat(room), 'ж'.repeat(Math.floor(room / 2))]) {
      const code = await chat.ask('message', { ...input, content }).catch((error) => error.code);
      expect(code).to.equal('invalid_input');
    }
    expect([...states]).not.to.include('waiting');
  });

  it('is not sent a third time where the connection is cut for it, and everything else is sent', async () => {
    const proxy = await here.proxy();
    const chat = here.chat(alice, { url: proxy.url });
    const store = chat.conversation(ids[0]);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    store.send('before');
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'sent');
    proxy.limit(2_000);
    store.send('y'.repeat(4_000));
    store.send('behind');
    chat.conversation(ids[1]).send('elsewhere'); // it is on its way too when the connection is cut
    const { messages } = await until(store, (snapshot) => snapshot.messages.every(({ state }) => state !== 'pending'));
    expect(messages.map(({ state, error }) => error?.code ?? state)).to.deep.equal(['sent', 'sent', 'disconnected']);
    expect(await contents(ids[0])).to.deep.equal(['before', 'behind']);
    await until(chat.conversation(ids[1]), (snapshot) => snapshot.messages.every(({ state }) => state === 'sent'));
    expect(await contents(ids[1])).to.deep.equal(['elsewhere']);
    expect(proxy.refused).to.equal(2);

    proxy.limit(10_000);
    store.retry(messages[2]?.clientMessageId ?? '');
    await until(store, (snapshot) => snapshot.messages.every(({ state }) => state === 'sent'));
    expect(await contents(ids[0])).to.deep.equal(['before', 'behind', 'y'.repeat(4_000)]);
  });
});
