import { sql } from 'kysely';
import { analyze, fillConversations, fillUsers } from '../../bench/servers/fill-database.ts';
import type { Database } from '../../src/database/database.ts';

const USERS = 5_000;
const CLUSTERS = 100;
const MEMBERS = 5;
/** The first conversation that users 1 to 5 are not members of. */
const FIRST_CONVERSATION = 51;

/** Inserts enough rows into each growing table that a query planner with statistics does not scan it for a single row. */
export async function fill(database: Database): Promise<void> {
  const members = { firstUser: 1, members: MEMBERS };
  await fillUsers(database, USERS);
  await fillConversations(database, { ...members, first: 1, count: 1, messages: 20_000 });
  await fillConversations(database, { ...members, first: 2, count: FIRST_CONVERSATION - 2, messages: 100 });
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    const first = FIRST_CONVERSATION + cluster * 20;
    await fillConversations(database, {
      first,
      count: 20,
      firstUser: 6 + cluster * MEMBERS,
      members: MEMBERS,
      messages: 10,
    });
  }
  await fillReadRanges(database);
  await fillKeys(database);
  await analyze(database);
}

/** In the clusters, marks messages 4 and 9 of ten as read for each member who has read none. */
async function fillReadRanges({ sql: db }: Database): Promise<void> {
  const withoutReads = sql`conversation_id >= ${sql.lit(FIRST_CONVERSATION)} and read_seq = 0`;
  await sql`
    insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
    select conversation_id, user_id, 4, 4 from participants where ${withoutReads}
    union all select conversation_id, user_id, 9, 9 from participants where ${withoutReads}`.execute(db);
  await sql`update participants set range_count = 2, settled = settled + 2 where ${withoutReads}`.execute(db);
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
