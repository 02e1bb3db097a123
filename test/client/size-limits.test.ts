import { expect } from 'chai';
import type { Chat } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

/** Over 64 kB, in single-byte characters. */
const OVER_PACKET = 'y'.repeat(70_000);

describe('A request that is too large for the server', () => {
  const fixture = useFixture();
  let alice: Person;
  let ids: [number, number];
  beforeEach(async () => {
    const [one, bob, carol] = await fixture.app.people('alice', 'bob', 'carol');
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
  /** Collects every state of the connection from now on. */
  const statesOf = (chat: Chat) => {
    const states = new Set<string>();
    chat.status.subscribe(() => states.add(chat.status.get().state));
    return states;
  };

  it('fails at once if it is a message, with the server’s error code, and later messages are sent', async () => {
    const chat = fixture.chat(alice);
    const store = chat.conversation(ids[0]);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    const states = statesOf(chat);
    store.send(OVER_PACKET);
    store.send('ж'.repeat(4_097));
    const longest = '🙂'.repeat(4_096);
    store.send(longest);
    store.send('after');
    const { error } = await alice.rest.ask('message', { conversation_id: ids[0], content: 'ж'.repeat(4_097) });
    expect(errorsOf(chat, ids[0]).map(({ code }) => code)).to.deep.equal(['body_too_large', error.code]);
    await until(store, ({ messages }) => messages.filter(({ state }) => state === 'sent').length === 2);
    expect(await contents(ids[0])).to.deep.equal([longest, 'after']);
    expect([...states].filter((state) => state !== 'online')).to.deep.equal([]);
  });

  it('fails if it is a message written offline, and again on retry', async () => {
    const proxy = await fixture.proxy();
    proxy.shut();
    const chat = fixture.chat(alice, { url: proxy.url });
    const store = chat.conversation(ids[0]);
    store.send(OVER_PACKET);
    for (const tries of ['at first', 'again']) {
      expect(errorsOf(chat, ids[0]), tries).to.have.length(1);
      store.retry(store.get().messages[0]?.clientMessageId ?? '');
    }
  });

  it('is rejected for any other operation, and the connection stays open', async () => {
    const chat = fixture.chat(alice);
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

  it('is larger than the largest packet, which the server answers', async () => {
    const chat = fixture.chat(alice);
    const states = statesOf(chat);
    const input = { conversation_id: ids[0], content: '' };
    const room = 65_536 - 32 - JSON.stringify(['message', input]).length;
    for (const content of ['y'.repeat(room), 'ж'.repeat(Math.floor(room / 2))]) {
      const code = await chat.ask('message', { ...input, content }).catch((error) => error.code);
      expect(code).to.equal('invalid_input');
    }
    expect([...states]).not.to.include('waiting');
  });

  it('is not sent a third time if it gets the connection closed, and all other messages are sent', async () => {
    const proxy = await fixture.proxy();
    const chat = fixture.chat(alice, { url: proxy.url });
    const store = chat.conversation(ids[0]);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    store.send('before');
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'sent');
    proxy.limit(2_000);
    store.send('y'.repeat(4_000));
    store.send('after');
    chat.conversation(ids[1]).send('elsewhere'); // also in flight when the connection is cut
    const { messages } = await until(store, (snapshot) => snapshot.messages.every(({ state }) => state !== 'pending'));
    expect(messages.map(({ state, error }) => error?.code ?? state)).to.deep.equal(['sent', 'sent', 'disconnected']);
    expect(await contents(ids[0])).to.deep.equal(['before', 'after']);
    await until(chat.conversation(ids[1]), (snapshot) => snapshot.messages.every(({ state }) => state === 'sent'));
    expect(await contents(ids[1])).to.deep.equal(['elsewhere']);
    expect(proxy.refused).to.equal(2);

    proxy.limit(10_000);
    store.retry(messages[2]?.clientMessageId ?? '');
    await until(store, (snapshot) => snapshot.messages.every(({ state }) => state === 'sent'));
    expect(await contents(ids[0])).to.deep.equal(['before', 'after', 'y'.repeat(4_000)]);
  });
});
