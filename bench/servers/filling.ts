import { sql } from 'kysely';
import { indexUsernames } from '../../src/accounts/username-pieces.ts';
import type { Database } from '../../src/database.ts';
import { DAY_MS } from '../../src/time.ts';

/**
 * Conversations that are all alike: numbered from `first`, each with the same members, users `firstUser` …, who have
 * spoken in turn. Every hundredth message was deleted afterwards. The first member has read all but the newest five
 * messages, the second none, all others everything. The last was active now, each before it `everyMs` earlier.
 */
export type Talk = {
  first: number;
  count: number;
  firstUser: number;
  members: number;
  messages: number;
  everyMs?: number;
};

const YEAR_MS = 31_536_000_000;
const UNREAD_BY_FIRST = 5;
const STEP_MS = 1_000;
const EACH_DELETED = 100;
const MIDDLE = EACH_DELETED / 2;
const ROWS_AT_ONCE = 2_000;
const DAY = sql.lit(DAY_MS);

/** A session of a user, by an id that can be known before. */
export const sessionIdOf = (userId: number) => `bench-session-${String(userId).padStart(10, '0')}`;

/** Numbers from 1 to `count` as rows of a table `name(i)`, on both databases. */
const numbers = (name: string, count: number) => {
  const table = sql.raw(name);
  return sql`${table}(i) as (select 1 union all select i + 1 from ${table} where i < ${sql.lit(count)})`;
};

/** Rows of numbers to select from: `value` is a row as a JSON array. */
const listed = ({ kind }: Database, rows: readonly (readonly number[])[]) =>
  kind === 'postgresql'
    ? sql`json_array_elements(cast(${JSON.stringify(rows)} as json)) as each(value)`
    : sql`json_each(${JSON.stringify(rows)})`;

/** Users 1 … `count`, each with a session that lasts. */
export async function fillUsers(database: Database, count: number, passwordHash = '-'): Promise<void> {
  const now = sql.lit(Date.now());
  await sql`
    insert into users (id, username, username_key, email, email_key, password_hash, last_seen, created_at)
    with recursive ${numbers('n', count)}
    select i, 'user' || i, 'user' || i, 'user' || i || '@example.com', 'user' || i || '@example.com', ${sql.lit(passwordHash)}, ${now}, ${now}
    from n`.execute(database.sql);
  await sql`
    insert into sessions (id, user_id, created_at, expires_at)
    select 'bench-session-' || substr('0000000000' || id, length('0000000000' || id) - 9), id, ${now}, ${sql.lit(Date.now() + YEAR_MS)}
    from users`.execute(database.sql);
  await indexUsernames(database.sql);
  await followIds(database, 'users');
}

/** Groups 1 … with these members; nothing has been said in them. */
export async function fillGroups(database: Database, groups: readonly (readonly number[])[]): Promise<void> {
  const now = sql.lit(Date.now());
  await sql`
    insert into conversations (id, is_group, name, activity_at, created_at)
    with recursive ${numbers('n', groups.length)}
    select i, ${isTrue(database)}, 'group ' || i, ${now}, ${now} from n`.execute(database.sql);
  const pairs = groups.flatMap((members, index) => members.map((userId) => [index + 1, userId]));
  await sql`
    insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
    select cast(value ->> 0 as integer), cast(value ->> 1 as integer), ${isTrue(database)}, ${now}, 0, 0, 0, ${now} / ${DAY}
    from ${listed(database, pairs)}`.execute(database.sql);
  await followIds(database, 'conversations');
}

/** Conversations with a history. Every counter is true: `unread_count` equals a recount. */
export async function fillTalk(database: Database, talk: Talk): Promise<void> {
  const { first, count, messages } = talk;
  const now = Date.now();
  await sql`
    insert into conversations (id, is_group, name, last_seq, message_count, activity_at, created_at)
    with recursive ${numbers('n', count)}
    select ${sql.lit(first - 1)} + i, ${isTrue(database)}, 'group ' || (${sql.lit(first - 1)} + i), ${sql.lit(lastSeqOf(talk))},
      ${sql.lit(messages)}, ${activityOf(talk, now, 'i')}, ${sql.lit(now)} from n`.execute(database.sql);
  await fillParticipants(database, talk, now);
  if (messages > 0) await fillMessages(database, talk, now);
  await followIds(database, 'conversations');
}

/** When the conversation at the place `at`, counted from 1, was active last. */
const activityOf = ({ count, everyMs = 0 }: Talk, now: number, at: 'i' | 'c.i') =>
  sql`${sql.lit(now)} - (${sql.lit(count)} - ${sql.raw(at)}) * cast(${sql.lit(everyMs)} as bigint)`;

async function fillParticipants(database: Database, talk: Talk, now: number): Promise<void> {
  const { first, count, firstUser, members } = talk;
  const states = Array.from({ length: members }, (_, at) => [firstUser + at, ...readState(talk, at)]);
  for (let start = 0; start < states.length; start += ROWS_AT_ONCE) {
    await sql`
      insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
      with recursive ${numbers('n', count)}
      select ${sql.lit(first - 1)} + i, cast(value ->> 0 as integer), ${isTrue(database)}, ${sql.lit(now)},
        cast(value ->> 1 as integer), cast(value ->> 2 as integer), cast(value ->> 3 as integer),
        (${activityOf(talk, now, 'i')}) / ${DAY}
      from n cross join ${listed(database, states.slice(start, start + ROWS_AT_ONCE))}`.execute(database.sql);
  }
}

/** `read_seq`, `settled` and `delivered_seq` of the member at this place. */
function readState(talk: Talk, at: number): [number, number, number] {
  const { messages, members } = talk;
  const ownUpTo = (seq: number) => Math.floor((seq + members - 1 - at) / members);
  const last = lastSeqOf(talk);
  const read = at === 0 ? Math.max(0, messages - UNREAD_BY_FIRST) : at === 1 ? 0 : messages;
  const settled = read + ownUpTo(messages) - ownUpTo(read) + deletedOfOthersAfter(read, talk, at);
  return [read === messages ? last : read, settled, at === 1 ? 0 : last];
}

/** Deleted messages beyond what the member at this place has read, but for their own. */
function deletedOfOthersAfter(read: number, { messages, members }: Talk, at: number): number {
  const all = Array.from({ length: deletedOf({ messages }) }, (_, index) => MIDDLE + index * EACH_DELETED);
  return all.filter((seq) => seq > read && (seq - 1) % members !== at).length;
}

const deletedOf = ({ messages }: Pick<Talk, 'messages'>) => Math.floor((messages + MIDDLE) / EACH_DELETED);
/** The number of the newest change in each of these conversations. */
export const lastSeqOf = (talk: Talk) => talk.messages + deletedOf(talk);

async function fillMessages(database: Database, talk: Talk, now: number): Promise<void> {
  const { first, count, firstUser, members, messages } = talk;
  const last = activityOf(talk, now, 'c.i');
  const isDeleted = sql`s.i % ${sql.lit(EACH_DELETED)} = ${sql.lit(MIDDLE)}`;
  await sql`
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, created_at, deleted_at)
    with recursive ${numbers('c', count)}, ${numbers('s', messages)}
    select ${sql.lit(first - 1)} + c.i, ${sql.lit(firstUser)} + (s.i - 1) % ${sql.lit(members)}, s.i,
      case when ${isDeleted} then ${sql.lit(messages)} + (s.i + ${sql.lit(MIDDLE)}) / ${sql.lit(EACH_DELETED)} else s.i end,
      case when ${isDeleted} then '' else 'Message ' || s.i || ' of this conversation, which has been going on for long.' end,
      ${last} - (${sql.lit(messages)} - s.i) * ${sql.lit(STEP_MS)}, case when ${isDeleted} then ${sql.lit(now)} end
    from c cross join s order by c.i, s.i`.execute(database.sql);
  await sql`
    update conversations set last_message_id = (
      select id from messages m where m.conversation_id = conversations.id order by m.seq desc limit 1
    ) where id between ${sql.lit(first)} and ${sql.lit(first + count - 1)}`.execute(database.sql);
}

/** PostgreSQL's counters do not notice ids that were given by hand. */
async function followIds({ kind, sql: db }: Database, table: 'users' | 'conversations'): Promise<void> {
  if (kind === 'sqlite') return;
  await sql`
    select setval(pg_get_serial_sequence(${sql.lit(table)}, 'id'), (select max(id) from ${sql.table(table)}))`.execute(
    db,
  );
}

/** To be called when all is filled: plans are made from what the database knows of its tables. */
export const analyze = ({ sql: db }: Database) => sql`analyze`.execute(db);

const isTrue = ({ kind }: Database) => (kind === 'sqlite' ? sql`1` : sql`true`);
