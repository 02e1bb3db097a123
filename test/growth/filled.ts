import { sql } from 'kysely';
import { analyze, fillTalk, fillUsers } from '../../bench/servers/filling.ts';
import type { Database } from '../../src/database.ts';

const USERS = 5_000;
const CIRCLES = 100;
const MEMBERS = 5;
/** The people of all the other conversations come after the five at home. */
const FIRST_CONVERSATION = 51;

/** Enough in every table that grows, that a database which knows its sizes reads none of them from end to end for a row. */
export async function fill(database: Database): Promise<void> {
  const home = { firstUser: 1, members: MEMBERS };
  await fillUsers(database, USERS);
  await fillTalk(database, { ...home, first: 1, count: 1, messages: 20_000 });
  await fillTalk(database, { ...home, first: 2, count: FIRST_CONVERSATION - 2, messages: 100 });
  for (let circle = 0; circle < CIRCLES; circle += 1) {
    const first = FIRST_CONVERSATION + circle * 20;
    await fillTalk(database, { first, count: 20, firstUser: 6 + circle * MEMBERS, members: MEMBERS, messages: 10 });
  }
  await fillIslands(database);
  await fillKeys(database);
  await analyze(database);
}

/** Who has read nothing of the ten messages in a circle's conversation now has read the fourth and the ninth. */
async function fillIslands({ sql: db }: Database): Promise<void> {
  const islanders = sql`conversation_id >= ${sql.lit(FIRST_CONVERSATION)} and read_seq = 0`;
  await sql`
    insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
    select conversation_id, user_id, 4, 4 from participants where ${islanders}
    union all select conversation_id, user_id, 9, 9 from participants where ${islanders}`.execute(db);
  await sql`update participants set range_count = 2, settled = settled + 2 where ${islanders}`.execute(db);
}

async function fillKeys({ sql: db }: Database): Promise<void> {
  await sql`insert into tickets (hash, session_id, expires_at) select 'hash of ' || id, id, expires_at from sessions`.execute(
    db,
  );
  await sql`
    insert into one_time_codes (request_hash, purpose, email_key, email, code_hash, created_at, expires_at)
    select 'hash of ' || id, 'signup', email_key, email, 'hash', last_seen, last_seen + 3600000000
    from (select id, last_seen, 'somebody' || id || '@example.com' as email_key, email from users) as users`.execute(
    db,
  );
}
