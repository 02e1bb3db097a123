import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import { MAX_RECEIPT_PARTICIPANTS } from '../../src/messages/delivered.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { type Client, rawAt } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

const RECEIPT = 'delivery_receipt';

onEachDatabase('A live delivery receipt', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  /** A group with messages of its creator. */
  async function groupOf(creator: Person, members: readonly { id: number }[], messages: number) {
    const member_ids = members.map(({ id }) => id);
    const { conversation_id } = await creator.rest.ask('create_group', { name: 'Group', member_ids });
    for (let sent = 0; sent < messages; sent += 1)
      await creator.rest.ask('message', { conversation_id, content: `message ${sent}` });
    return conversation_id as number;
  }
  /** Users that never log in, inserted into the database without hashing passwords. */
  async function strangers(count: number): Promise<{ id: number }[]> {
    const database = await openDatabase(readConfig(app.env).database);
    const rows = Array.from({ length: count }, (_, index) => {
      const name = `stranger${index}`;
      return sql`(${name}, ${name}, ${name}, ${name}, '', ${Date.now()}, ${Date.now()})`;
    });
    const inserted = await sql<{ id: number }>`
      insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
      values ${sql.join(rows)} returning id`.execute(database.sql);
    await database.close();
    return inserted.rows;
  }
  const confirm = (who: Person, conversation_id: number, seq: number) =>
    who.rest.ask('delivered', { conversation_id, seq });
  const asking = (who: Person, as = '1') =>
    rawAt(`${app.url.replace('http', 'ws')}/api/ws?token=${who.token}&receipts=${as}`);

  /** Waits until all earlier events have arrived. */
  async function allReceived(by: Person, conversation_id: number, clients: readonly Client[]) {
    const { seq } = await by.rest.ask('message', { conversation_id, content: 'mark' });
    for (const { inbox } of clients) await inbox.next('message', { seq });
  }

  it('reaches the subscribed clients on every transport, each time that a user confirms more', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 4);
    const receipts = true;
    const polling = await alice.socketio({ receipts, transports: ['polling'] });
    const receivers = [await alice.socketio({ receipts }), polling, await asking(alice)];
    await confirm(bob, conversation_id, 2);
    await confirm(bob, conversation_id, 1);
    await confirm(bob, conversation_id, 2);
    await bob.rest.ask('list_messages', { conversation_id, limit: 2, offset: 1 }); // up to 3
    await bob.rest.ask('sync', { conversations: { [conversation_id]: 0 } });
    const expected = [2, 3, 4].map((seq) => ({ type: RECEIPT, conversation_id, seq, user_id: bob.id }));
    for (const { inbox } of receivers) {
      await inbox.next(RECEIPT, { seq: 4 });
      expect(inbox.all(RECEIPT)).to.deep.equal(expected);
    }
  });

  it('reaches clients that subscribed in any form that a library can send', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 1);
    const texts = await Promise.all(['1', 'true'].map((as) => asking(alice, as)));
    const receivers = await Promise.all([true, 'true', 1, '1'].map((receipts) => alice.socketio({ receipts })));
    await confirm(bob, conversation_id, 1);
    for (const { inbox } of [...texts, ...receivers]) await inbox.next(RECEIPT, { seq: 1, user_id: bob.id });
  });

  it('reaches no client without a valid subscription, none outside the conversation, and not the confirming user', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, [bob], 1);
    await groupOf(carol, [alice, bob], 1);
    const receiver = await alice.socketio({ receipts: true });
    const inside = [
      await alice.socketio(),
      await alice.socketio({ receipts: 'false' }),
      await alice.socketio({ receipts: 0 }),
      await alice.raw(),
      await bob.socketio({ receipts: true }),
    ];
    const outside = await carol.socketio({ receipts: true });
    await confirm(bob, conversation_id, 1);
    await receiver.inbox.next(RECEIPT, { seq: 1 });
    await allReceived(alice, conversation_id, inside);
    const { conversation_id: aside } = await carol.rest.ask('open_private_conversation', { other_user_id: bob.id });
    await allReceived(bob, aside, [outside]);
    for (const { inbox } of [...inside, outside]) expect(inbox.all(RECEIPT)).to.deep.equal([]);
  });

  it('is sent once for all confirmations of a batch, with the highest number', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 20);
    const [receiver, confirming] = [await alice.socketio({ receipts: true }), await bob.raw()];
    const seqs = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1); // each once, unordered
    await Promise.all(seqs.map((seq) => confirming.ask('delivered', { conversation_id, seq })));
    await receiver.inbox.next(RECEIPT, { seq: 20 });
    await allReceived(alice, conversation_id, [receiver]);
    const received = receiver.inbox.all(RECEIPT).map(({ seq }) => seq);
    expect(received).to.deep.equal(received.toSorted((a, b) => a - b));
    expect(received.length).to.be.below(seqs.length / 2);
  });

  it('no longer reaches a removed member, and reaches an added one from then on', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, [bob, carol], 3);
    const receivers = [await bob.socketio({ receipts: true }), await asking(bob)];
    await confirm(carol, conversation_id, 1);
    for (const { inbox } of receivers) await inbox.next(RECEIPT, { seq: 1 });
    await alice.rest.ask('remove_participant', { conversation_id, user_id: bob.id });
    await confirm(carol, conversation_id, 2);
    await alice.rest.ask('add_participant', { conversation_id, user_id: bob.id });
    await confirm(carol, conversation_id, 3);
    for (const { inbox } of receivers) {
      await inbox.next(RECEIPT, { seq: 3 });
      expect(inbox.all(RECEIPT).map(({ seq }) => seq)).to.deep.equal([1, 3]);
    }
  });

  it('is sent in groups up to a maximum size', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const others = await strangers(MAX_RECEIPT_PARTICIPANTS - 2);
    const conversation_id = await groupOf(alice, [bob, ...others], 3);
    const receiver = await alice.socketio({ receipts: true });
    await confirm(bob, conversation_id, 1);
    await receiver.inbox.next(RECEIPT, { seq: 1 });
    const one = await app.person('one');
    await alice.rest.ask('add_participant', { conversation_id, user_id: one.id });
    await confirm(bob, conversation_id, 2);
    await alice.rest.ask('remove_participant', { conversation_id, user_id: one.id });
    await confirm(bob, conversation_id, 3);
    await receiver.inbox.next(RECEIPT, { seq: 3 });
    expect(receiver.inbox.all(RECEIPT).map(({ seq }) => seq)).to.deep.equal([1, 3]);
  });
});
