import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { scene } from './scene.ts';
import { until } from './until.ts';

describe('The client', () => {
  const here = scene();
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    [alice, bob] = await here.app.people('alice', 'bob');
  });

  it('shows a message at once as pending, then as sent, to the other as delivered, and to both as read', async () => {
    const [hers, his] = [here.chat(alice), here.chat(bob)];
    const store = await hers.openPrivate(bob.id);
    store.subscribe(() => undefined);
    store.send('Hello!');
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    const { messages } = await until(
      store,
      ({ messages: [first] }) => first?.id !== undefined && first.state !== 'pending',
    );
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ seq: 1, content: 'Hello!', mine: true, senderUsername: alice.username });
    const [listed] = await until(his.conversations, (all) => all.length === 1 && all[0]?.last_message !== null);
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'delivered');
    expect(listed).to.deep.include({ unread_count: 1, last_seq: 1 });
    const shown = his.conversation(store.id);
    const heard = await until(shown, (snapshot) => snapshot.messages.length === 1);
    expect(heard.messages[0]).to.include({ content: 'Hello!', mine: false, state: 'delivered' });
    shown.markRead();
    await until(shown, (snapshot) => snapshot.messages[0]?.state === 'read' && snapshot.summary?.unread_count === 0);
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'read');
  });

  it('confirms what it has received, so that the sender sees it as delivered', async () => {
    here.chat(bob);
    const hers = here.chat(alice);
    const { id } = await hers.openPrivate(bob.id);
    hers.conversation(id).send('Is it there?');
    const statusOf = async () => (await alice.rest.ask('list_messages', { conversation_id: id })).messages[0]?.status;
    const deadline = Date.now() + 4_000;
    while ((await statusOf()) !== 'delivered' && Date.now() < deadline)
      await new Promise((done) => setTimeout(done, 50));
    expect(await statusOf()).to.equal('delivered');
  });

  it('keeps a summary and no messages of what nobody has opened', async () => {
    const [hers, his] = [here.chat(alice), here.chat(bob)];
    const { id } = await hers.openPrivate(bob.id);
    hers.conversation(id).send('one');
    hers.conversation(id).send('two');
    await until(his.conversations, (all) => all[0]?.unread_count === 2 && all[0].last_message?.content === 'two');
    expect(his.conversation(id).get()).to.deep.include({ messages: [], loading: false, hasOlder: true });
  });

  it('edits, deletes, pages back through what is older, and counts what is unread all the while', async () => {
    const [hers, his] = [here.chat(alice), here.chat(bob)];
    const hersOpen = await hers.openPrivate(bob.id);
    const { id } = hersOpen;
    for (let number = 1; number <= 60; number += 1)
      await alice.rest.ask('message', { conversation_id: id, content: `message ${number}` });
    const open = his.conversation(id);
    const { messages, hasOlder } = await until(open, (snapshot) => snapshot.messages.length === 50);
    expect(hasOlder).to.equal(true);
    expect(messages[0]?.content).to.equal('message 11');
    expect(await open.loadOlder()).to.equal(false);
    expect(open.get().messages.map(({ content }) => content)[0]).to.equal('message 1');
    expect(open.get().messages).to.have.length(60);
    const [first, second] = open.get().messages;
    await hersOpen.edit(first?.id ?? 0, 'changed');
    await hersOpen.remove(second?.id ?? 0);
    await until(
      open,
      (snapshot) => snapshot.messages[0]?.content === 'changed' && snapshot.messages[1]?.deleted === true,
    );
    await until(open, (snapshot) => snapshot.summary?.unread_count === 59);
    open.markRead(30);
    await until(open, (snapshot) => snapshot.summary?.unread_count === 30);
    await his
      .conversation(id)
      .edit(first?.id ?? 0, 'not his')
      .then(
        () => expect.fail('it is not his message'),
        (error) => expect(error).to.include({ name: 'ChatClientError', code: 'not_sender' }),
      );
  });

  it('tells who comes into a group, is taken out of it, and how it is called', async () => {
    const [hers, his] = [here.chat(alice), here.chat(bob)];
    const group = await hers.createGroup('Trip', []);
    await group.addParticipant(bob.id);
    const [listed] = await until(his.conversations, (all) => all.length === 1);
    const view = his.conversation(listed?.conversation_id ?? 0);
    view.subscribe(() => undefined);
    await group.rename('Journey');
    await until(view, (snapshot) => snapshot.summary?.name === 'Journey' && snapshot.messages.length === 2);
    expect(view.get().messages.map(({ kind }) => kind)).to.deep.equal(['system', 'system']);
    expect((await group.participants()).map(({ id }) => id)).to.deep.equal([alice.id, bob.id]);
    await group.removeParticipant(bob.id);
    await until(view, (snapshot) => snapshot.gone && snapshot.messages.length === 0);
    expect(his.conversations.get()).to.deep.equal([]);
    await group.addParticipant(bob.id);
    await until(view, (snapshot) => !snapshot.gone && snapshot.messages.length === 4);
  });

  it('shows who is typing and who is online, until they are no more', async () => {
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const his = here.chat(bob);
    const view = his.conversation(conversation_id);
    view.subscribe(() => undefined);
    await until(view, (snapshot) => !snapshot.loading);
    // what a list says is taken back by no event: need to have heard one
    const told = new Promise((resolve) => his.on('presence', resolve));
    const hers = here.chat(alice);
    expect(await told).to.include({ sender_id: alice.id, content: 'online' });
    const store = hers.conversation(conversation_id);
    await until(his.presence, (known) => known.get(alice.id)?.online === true);
    await until(his.conversations, ([first]) => first?.other_user_online === true);
    await until(hers.status, ({ state }) => state === 'online');
    store.typing();
    const { typing } = await until(view, (snapshot) => snapshot.typing.length === 1);
    expect(typing).to.deep.equal([{ id: alice.id, username: alice.username }]);
    store.send('done');
    await until(view, (snapshot) => snapshot.typing.length === 0 && snapshot.messages.length === 1);
    hers.close();
    await until(his.presence, (known) => known.get(alice.id)?.online === false);
    await until(his.conversations, ([first]) => first?.other_user_online === false);
  });

  it('tells each event once, and gives the same snapshot until there is another', async () => {
    const [hers, his] = [here.chat(alice), here.chat(bob)];
    const heard: string[] = [];
    his.on('message', ({ content }) => heard.push(content));
    const store = await hers.openPrivate(bob.id);
    await until(his.conversations, (all) => all.length === 1);
    for (const content of ['one', 'two', 'three']) store.send(content);
    await until(his.conversations, ([first]) => first?.last_message?.content === 'three');
    expect(heard).to.deep.equal(['one', 'two', 'three']);
    expect(his.conversations.get()).to.equal(his.conversations.get());
    expect(store.get()).to.equal(store.get());
  });
});
