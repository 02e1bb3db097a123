import { expect } from 'chai';
import { type Chat, connect } from '../../src/client/client.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { until } from './until.ts';

describe('The client', () => {
  let app: TestApp;
  let alice: Person;
  let bob: Person;
  const chats: Chat[] = [];
  const chatOf = (person: Person) => {
    const chat = connect({ url: app.url, token: person.token });
    chats.push(chat);
    return chat;
  };
  before(async () => {
    app = await startApp();
  });
  beforeEach(async () => {
    [alice, bob] = await app.people('alice', 'bob');
  });
  afterEach(() => {
    for (const chat of chats.splice(0)) chat.close();
  });
  after(() => app.stop());

  it('shows a message at once as pending, then as sent, and to the other as delivered', async () => {
    const [hers, his] = [chatOf(alice), chatOf(bob)];
    const store = await hers.openPrivate(bob.id);
    store.subscribe(() => undefined);
    store.send('Hello!');
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    const { messages } = await until(store, (snapshot) => snapshot.messages[0]?.state === 'sent');
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ seq: 1, content: 'Hello!', mine: true, senderUsername: alice.username });
    const [listed] = await until(his.conversations, (all) => all[0]?.last_message !== null && all.length === 1);
    expect(listed).to.deep.include({ unread_count: 1, last_seq: 1 });
    const shown = his.conversation(store.id);
    const heard = await until(shown, (snapshot) => snapshot.messages.length === 1);
    expect(heard.messages[0]).to.include({ content: 'Hello!', mine: false, state: 'delivered' });
    shown.markRead();
    await until(shown, (snapshot) => snapshot.messages[0]?.state === 'read' && snapshot.summary?.unread_count === 0);
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'read');
  });
});
