import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database.ts';
import { MOST_TOLD_OF_RECEIPTS } from '../../src/messages/delivered.ts';
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

  /** A group, and messages in it from its creator. */
  async function groupOf(creator: Person, members: readonly { id: number }[], messages: number) {
    const member_ids = members.map(({ id }) => id);
    const { conversation_id } = await creator.rest.ask('create_group', { name: 'Group', member_ids });
    for (let sent = 0; sent < messages; sent += 1)
      await creator.rest.ask('message', { conversation_id, content: `message ${sent}` });
    return conversation_id as number;
  }
  /** So many people who will never log in: put straight into the database, as hashing their passwords would take long. */
  async function strangers(count: number): Promise<{ id: number }[]> {
    const database = await Database.open(readConfig(app.env).database);
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

  /** Waits until everything that was told before has arrived. */
  async function allHeard(by: Person, conversation_id: number, clients: readonly Client[]) {
    const { seq } = await by.rest.ask('message', { conversation_id, content: 'mark' });
    for (const { inbox } of clients) await inbox.next('message', { seq });
  }

  it('reaches those who asked for it, over every transport, each time that somebody confirms more', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 4);
    const receipts = true;
    const polling = await alice.socketio({ receipts, transports: ['polling'] });
    const hearers = [await alice.socketio({ receipts }), polling, await asking(alice)];
    await confirm(bob, conversation_id, 2);
    await confirm(bob, conversation_id, 1);
    await confirm(bob, conversation_id, 2);
    await bob.rest.ask('list_messages', { conversation_id, limit: 2, offset: 1 }); // up to 3
    await bob.rest.ask('sync', { conversations: { [conversation_id]: 0 } });
    const heard = [2, 3, 4].map((seq) => ({ type: RECEIPT, conversation_id, seq, user_id: bob.id }));
    for (const { inbox } of hearers) {
      await inbox.next(RECEIPT, { seq: 4 });
      expect(inbox.all(RECEIPT)).to.deep.equal(heard);
    }
  });

  it('reaches those who asked for it in any form that their library can send', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 1);
    const texts = await Promise.all(['1', 'true'].map((as) => asking(alice, as)));
    const hearers = await Promise.all([true, 'true', 1, '1'].map((receipts) => alice.socketio({ receipts })));
    await confirm(bob, conversation_id, 1);
    for (const { inbox } of [...texts, ...hearers]) await inbox.next(RECEIPT, { seq: 1, user_id: bob.id });
  });

  it('reaches nobody who did not ask in so many words, nobody outside, and not the one who confirmed', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, [bob], 1);
    await groupOf(carol, [alice, bob], 1);
    const hearer = await alice.socketio({ receipts: true });
    const inside = [
      await alice.socketio(),
      await alice.socketio({ receipts: 'false' }),
      await alice.socketio({ receipts: 0 }),
      await alice.raw(),
      await bob.socketio({ receipts: true }),
    ];
    const outside = await carol.socketio({ receipts: true });
    await confirm(bob, conversation_id, 1);
    await hearer.inbox.next(RECEIPT, { seq: 1 });
    await allHeard(alice, conversation_id, inside);
    const { conversation_id: aside } = await carol.rest.ask('open_private_conversation', { other_user_id: bob.id });
    await allHeard(bob, aside, [outside]);
    for (const { inbox } of [...inside, outside]) expect(inbox.all(RECEIPT)).to.deep.equal([]);
  });

  it('is one for the many confirmations of a batch, and tells the furthest', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await groupOf(alice, [bob], 20);
    const [hearer, confirming] = [await alice.socketio({ receipts: true }), await bob.raw()];
    const seqs = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1); // each once, in disorder
    await Promise.all(seqs.map((seq) => confirming.ask('delivered', { conversation_id, seq })));
    await hearer.inbox.next(RECEIPT, { seq: 20 });
    await allHeard(alice, conversation_id, [hearer]);
    const told = hearer.inbox.all(RECEIPT).map(({ seq }) => seq);
    expect(told).to.deep.equal(told.toSorted((a, b) => a - b));
    expect(told.length).to.be.below(seqs.length / 2);
  });

  it('reaches nobody any more who has been removed, and somebody who is added from then on', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, [bob, carol], 3);
    const hearers = [await bob.socketio({ receipts: true }), await asking(bob)];
    await confirm(carol, conversation_id, 1);
    for (const { inbox } of hearers) await inbox.next(RECEIPT, { seq: 1 });
    await alice.rest.ask('remove_participant', { conversation_id, user_id: bob.id });
    await confirm(carol, conversation_id, 2);
    await alice.rest.ask('add_participant', { conversation_id, user_id: bob.id });
    await confirm(carol, conversation_id, 3);
    for (const { inbox } of hearers) {
      await inbox.next(RECEIPT, { seq: 3 });
      expect(inbox.all(RECEIPT).map(({ seq }) => seq)).to.deep.equal([1, 3]);
    }
  });

  it('is told in groups up to a size, and beyond it no more', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const others = await strangers(MOST_TOLD_OF_RECEIPTS - 2);
    const conversation_id = await groupOf(alice, [bob, ...others], 3);
    const hearer = await alice.socketio({ receipts: true });
    await confirm(bob, conversation_id, 1);
    await hearer.inbox.next(RECEIPT, { seq: 1 });
    const one = await app.person('one');
    await alice.rest.ask('add_participant', { conversation_id, user_id: one.id });
    await confirm(bob, conversation_id, 2);
    await alice.rest.ask('remove_participant', { conversation_id, user_id: one.id });
    await confirm(bob, conversation_id, 3);
    await hearer.inbox.next(RECEIPT, { seq: 3 });
    expect(hearer.inbox.all(RECEIPT).map(({ seq }) => seq)).to.deep.equal([1, 3]);
  });
});
