import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { accepted, groupOf, historyOf, onEachServer, send } from '../contract/fixture.ts';
import { costOf } from '../support/cost.ts';

/** How many participants who have not read a message are considered. */
const MOST_BEHIND = 100;
const READERS = MOST_BEHIND + 5;

onEachServer('A message that many members have read, but not the one before it', (app) => {
  it('is shown as read by all as soon as few enough have not read it, at a bounded cost', async function () {
    this.timeout(120_000);
    const ann = await app().person('ann');
    const conversation_id = await groupOf(ann);
    const database = await openDatabase(readConfig(app().env).database);
    await addReaders(database, conversation_id, ann.id);
    for (const content of ['skipped', 'read']) await send(ann, conversation_id, content);
    await sql`
      insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
      select conversation_id, user_id, 2, 2 from participants
      where conversation_id = ${conversation_id} and user_id <> ${ann.id}`.execute(database.sql);
    await sql`
      update participants set range_count = 1, settled = 1
      where conversation_id = ${conversation_id} and user_id <> ${ann.id}`.execute(database.sql);
    const statuses = async () => (await historyOf(ann, conversation_id)).map(({ status }) => status);
    const { rows } = await costOf(() => ann.rest.ask('list_messages', { conversation_id }));
    expect(rows).to.be.below(3 * MOST_BEHIND);
    expect(await statuses()).to.deep.equal(['sent', 'sent']);

    await sql`
      update participants set read_seq = 2, settled = 2, delivered_seq = 2 where conversation_id = ${conversation_id}
      and user_id in (
        select user_id from participants where conversation_id = ${conversation_id} and user_id <> ${ann.id}
        order by user_id limit ${sql.lit(READERS - MOST_BEHIND)}
      )`.execute(database.sql);
    await database.close();
    expect(await statuses()).to.deep.equal(['read', 'sent']);
    accepted(await ann.rest.ask('sync', { conversations: { [conversation_id]: 0 } }));
  });
});

/** Members who were inserted without signing up, which would take long. */
async function addReaders({ sql: db }: Database, conversationId: number, after: number): Promise<void> {
  const numbers = sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(READERS)})`;
  const name = sql`'reader' || ${sql.lit(conversationId)} || '-' || n`;
  await sql`
    insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
    ${numbers} select ${name}, ${name}, ${name}, ${name}, 'x', 1, 1 from numbers`.execute(db);
  await sql`
    insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
    select ${sql.lit(conversationId)}, id, ${sql.lit(false)}, 1, 0, 0, 0 from users where id > ${sql.lit(after)}`.execute(
    db,
  );
}
