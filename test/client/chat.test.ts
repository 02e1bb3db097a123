import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

describe('The client', () => {
  const fixture = useFixture();
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    [alice, bob] = await fixture.app.people('alice', 'bob');
  });

  it('shows a message at once as pending, then as sent, then as delivered and as read', async () => {
    const [aliceChat, bobChat] = [fixture.chat(alice), fixture.chat(bob)];
    const store = await aliceChat.openPrivate(bob.id);
    store.subscribe(() => undefined);
    store.send('Hello!');
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    const { messages } = await until(
      store,
      ({ messages: [first] }) => first?.id !== undefined && first.state !== 'pending',
    );
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ seq: 1, content: 'Hello!', mine: true, senderUsername: alice.username });
    const [listed] = await until(bobChat.conversations, (all) => all.length === 1 && all[0]?.last_message !== null);
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'delivered');
    expect(listed).to.deep.include({ unread_count: 1, last_seq: 1 });
    const shown = bobChat.conversation(store.id);
    const received = await until(shown, (snapshot) => snapshot.messages.length === 1);
    expect(received.messages[0]).to.include({ content: 'Hello!', mine: false, state: 'delivered' });
    shown.markRead();
    await until(shown, (snapshot) => snapshot.messages[0]?.state === 'read' && snapshot.summary?.unread_count === 0);
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'read');
  });

  it('confirms received messages, so that the sender sees them as delivered', async () => {
    fixture.chat(bob);
    const aliceChat = fixture.chat(alice);
    const { id } = await aliceChat.openPrivate(bob.id);
    aliceChat.conversation(id).send('Is it there?');
    const statusOf = async () => (await alice.rest.ask('list_messages', { conversation_id: id })).messages[0]?.status;
    const deadline = Date.now() + 4_000;
    while ((await statusOf()) !== 'delivered' && Date.now() < deadline)
      await new Promise((done) => setTimeout(done, 50));
    expect(await statusOf()).to.equal('delivered');
  });

  it('keeps only the summary of a conversation that was not opened', async () => {
    const [aliceChat, bobChat] = [fixture.chat(alice), fixture.chat(bob)];
    const { id } = await aliceChat.openPrivate(bob.id);
    aliceChat.conversation(id).send('one');
    aliceChat.conversation(id).send('two');
    await until(bobChat.conversations, (all) => all[0]?.unread_count === 2 && all[0].last_message?.content === 'two');
    expect(bobChat.conversation(id).get()).to.deep.include({ messages: [], loading: false, hasOlder: true });
  });

  it('edits, deletes and loads older messages, and keeps the unread count correct', async () => {
    const [aliceChat, bobChat] = [fixture.chat(alice), fixture.chat(bob)];
    const aliceStore = await aliceChat.openPrivate(bob.id);
    const { id } = aliceStore;
    for (let number = 1; number <= 60; number += 1)
      await alice.rest.ask('message', { conversation_id: id, content: `message ${number}` });
    const bobStore = bobChat.conversation(id);
    const { messages, hasOlder } = await until(bobStore, (snapshot) => snapshot.messages.length === 50);
    expect(hasOlder).to.equal(true);
    expect(messages[0]?.content).to.equal('message 11');
    expect(await bobStore.loadOlder()).to.equal(false);
    expect(bobStore.get().messages.map(({ content }) => content)[0]).to.equal('message 1');
    expect(bobStore.get().messages).to.have.length(60);
    const [first, second] = bobStore.get().messages;
    await aliceStore.edit(first?.id ?? 0, 'changed');
    await aliceStore.remove(second?.id ?? 0);
    await until(
      bobStore,
      (snapshot) => snapshot.messages[0]?.content === 'changed' && snapshot.messages[1]?.deleted === true,
    );
    await until(bobStore, (snapshot) => snapshot.summary?.unread_count === 59);
    bobStore.markRead(30);
    await until(bobStore, (snapshot) => snapshot.summary?.unread_count === 30);
    await bobChat
      .conversation(id)
      .edit(first?.id ?? 0, 'not his')
      .then(
        () => expect.fail('the message is not his'),
        (error) => expect(error).to.include({ name: 'ChatClientError', code: 'not_sender' }),
      );
  });

  it('shows who is added to or removed from a group, and its name', async () => {
    const [aliceChat, bobChat] = [fixture.chat(alice), fixture.chat(bob)];
    const group = await aliceChat.createGroup('Trip', []);
    await group.addParticipant(bob.id);
    const [listed] = await until(bobChat.conversations, (all) => all.length === 1);
    const view = bobChat.conversation(listed?.conversation_id ?? 0);
    view.subscribe(() => undefined);
    await group.rename('Journey');
    await until(view, (snapshot) => snapshot.summary?.name === 'Journey' && snapshot.messages.length === 2);
    expect(view.get().messages.map(({ kind }) => kind)).to.deep.equal(['system', 'system']);
    expect((await group.participants()).map(({ id }) => id)).to.deep.equal([alice.id, bob.id]);
    await group.removeParticipant(bob.id);
    await until(view, (snapshot) => snapshot.gone && snapshot.messages.length === 0);
    expect(bobChat.conversations.get()).to.deep.equal([]);
    await group.addParticipant(bob.id);
    await until(view, (snapshot) => !snapshot.gone && snapshot.messages.length === 4);
    await until(group, ({ summary }) => summary?.participant_count === 2);
    await group.addParticipant((await fixture.app.person('carol')).id);
    for (const each of [group, view]) await until(each, ({ summary }) => summary?.participant_count === 3);
  });

  it('shows who is typing and who is online, and when they no longer are', async () => {
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const bobChat = fixture.chat(bob);
    const view = bobChat.conversation(conversation_id);
    view.subscribe(() => undefined);
    await until(view, (snapshot) => !snapshot.loading);
    // a listed presence is not withdrawn by an event; only a received one is
    const received = new Promise((resolve) => bobChat.on('presence', resolve));
    const aliceChat = fixture.chat(alice);
    expect(await received).to.include({ sender_id: alice.id, content: 'online' });
    const store = aliceChat.conversation(conversation_id);
    await until(bobChat.presence, (known) => known.get(alice.id)?.online === true);
    await until(bobChat.conversations, ([first]) => first?.other_user_online === true);
    await until(aliceChat.status, ({ state }) => state === 'online');
    store.typing();
    const { typing } = await until(view, (snapshot) => snapshot.typing.length === 1);
    expect(typing).to.deep.equal([{ id: alice.id, username: alice.username }]);
    store.send('done');
    await until(view, (snapshot) => snapshot.typing.length === 0 && snapshot.messages.length === 1);
    aliceChat.close();
    await until(bobChat.presence, (known) => known.get(alice.id)?.online === false);
    await until(bobChat.conversations, ([first]) => first?.other_user_online === false);
  });

  it('emits each event once, and returns the same snapshot until it changes', async () => {
    const [aliceChat, bobChat] = [fixture.chat(alice), fixture.chat(bob)];
    const contents: string[] = [];
    bobChat.on('message', ({ content }) => contents.push(content));
    const store = await aliceChat.openPrivate(bob.id);
    await until(bobChat.conversations, (all) => all.length === 1);
    for (const content of ['one', 'two', 'three']) store.send(content);
    await until(bobChat.conversations, ([first]) => first?.last_message?.content === 'three');
    expect(contents).to.deep.equal(['one', 'two', 'three']);
    expect(bobChat.conversations.get()).to.equal(bobChat.conversations.get());
    expect(store.get()).to.equal(store.get());
  });
});
