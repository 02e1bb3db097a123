import { expect } from 'chai';
import type { Person } from '../support/people.ts';
import { useFixture } from './fixture.ts';
import { until } from './until.ts';

describe('The client of a server with LEGACY_FIELDS=on', () => {
  const fixture = useFixture({ LEGACY_FIELDS: 'on' });
  let [alice, bob, carol]: Person[] = [];
  beforeEach(async () => {
    [alice, bob, carol] = await fixture.app.people('alice', 'bob', 'carol');
  });

  it('shows system messages, who has read, and what is unread, on all devices of the reader', async () => {
    if (alice === undefined || bob === undefined || carol === undefined) throw new Error('three have signed up');
    const [sender, reader, device] = [fixture.chat(alice), fixture.chat(bob), fixture.chat(bob)];
    const group = await sender.createGroup('Trip', [bob.id]);
    group.subscribe(() => undefined);
    await group.addParticipant(carol.id);
    group.send('Hello!');
    await until(group, ({ messages }) => messages.at(-1)?.state === 'sent' || messages.at(-1)?.state === 'delivered');
    for (const chat of [reader, device])
      await until(chat.conversations, ([first]) => first?.unread_count === 1 && first.participant_count === 3);
    const view = reader.conversation(group.id);
    view.subscribe(() => undefined);
    const { messages } = await until(view, (snapshot) => snapshot.messages.length === 2);
    expect(messages.map(({ kind }) => kind)).to.deep.equal(['system', 'message']);
    view.markRead();
    await until(device.conversations, ([first]) => first?.unread_count === 0);
    expect(group.get().messages.at(-1)?.state).not.to.equal('read');
    await carol.rest.ask('read_receipt', { message_ids: [messages[1]?.id ?? 0] });
    await until(group, (snapshot) => snapshot.messages.at(-1)?.state === 'read');
  });

  it('names a private conversation after the other user, and shows its receipts', async () => {
    if (alice === undefined || bob === undefined) throw new Error('two have signed up');
    const [one, other] = [fixture.chat(alice), fixture.chat(bob)];
    const store = await one.openPrivate(bob.id);
    store.subscribe(() => undefined);
    expect(store.get().summary).to.include({ name: bob.username, participant_count: 2 });
    store.send('Hello!');
    const view = other.conversation(store.id);
    view.subscribe(() => undefined);
    await until(view, (snapshot) => snapshot.messages.length === 1);
    view.markRead();
    await until(store, (snapshot) => snapshot.messages[0]?.state === 'read');
  });
});
