import { sql } from 'kysely';
import { indexUsernames } from '../../src/accounts/username-ngrams.ts';
import type { DatabaseConfig } from '../../src/config/database-url.ts';
import type { Database } from '../../src/database/database.ts';
import { ConnectionWatch } from '../../src/database/postgresql/connection-watch.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { DAY_MS } from '../../src/time.ts';

/**
 * Conversations with equal contents and the same members: the users from `firstUser` on, who sent messages in rotation.
 * Every hundredth message was deleted afterwards. The first member has read all but the newest five messages, the second
 * none, and the others all of them.
 */
export type Conversations = {
  /** The id of the first conversation. */
  first: number;
  count: number;
  firstUser: number;
  members: number;
  messages: number;
  /** Time between the last activities of two successive conversations; the last one was active just now. */
  everyMs?: number;
};

const YEAR_MS = 31_536_000_000;
const UNREAD_BY_FIRST = 5;
const STEP_MS = 1_000;
const DELETED_EVERY = 100;
const FIRST_DELETED = DELETED_EVERY / 2;
const ROWS_AT_ONCE = 2_000;
const FILLED_WITHIN_MS = 600_000;
const DAY = sql.lit(DAY_MS);

/** The id of a user's session, derived from the user's id so that tokens can be issued without a query. */
export const sessionIdOf = (userId: number) => `bench-session-${String(userId).padStart(10, '0')}`;

/** Opens a database to fill it: a statement may take much longer than the server waits for an answer. */
export const openToFill = (config: DatabaseConfig) =>
  openDatabase(config, { watch: new ConnectionWatch(FILLED_WITHIN_MS) });

/** A recursive table `name(i)` with the numbers from 1 to `count`, for both databases. */
const numbers = (name: string, count: number) => {
  const table = sql.raw(name);
  return sql`${table}(i) as (select 1 union all select i + 1 from ${table} where i < ${sql.lit(count)})`;
};

/** A table of the given rows; the column `value` holds each row as a JSON array. */
const tableOf = ({ kind }: Database, rows: readonly (readonly number[])[]) =>
  kind === 'postgresql'
    ? sql`json_array_elements(cast(${JSON.stringify(rows)} as json)) as each(value)`
    : sql`json_each(${JSON.stringify(rows)})`;

/** Inserts users 1 … `count`, each with a session that is valid for a year. */
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
  await advanceSequence(database, 'users');
}

/** Inserts groups with these members and no messages; their ids count from 1. */
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
    from ${tableOf(database, pairs)}`.execute(database.sql);
  await advanceSequence(database, 'conversations');
}

/** Inserts conversations with messages. All counters are consistent: `unread_count` equals a recount. */
export async function fillConversations(database: Database, conversations: Conversations): Promise<void> {
  const { first, count, messages, members } = conversations;
  const now = Date.now();
  await sql`
    insert into conversations (id, is_group, name, last_seq, message_count, participant_count, activity_at, created_at)
    with recursive ${numbers('n', count)}
    select ${sql.lit(first - 1)} + i, ${isTrue(database)}, 'group ' || (${sql.lit(first - 1)} + i), ${sql.lit(lastSeqOf(conversations))},
      ${sql.lit(messages)}, ${sql.lit(members)}, ${activityOf(conversations, now, 'i')}, ${sql.lit(now)} from n`.execute(
    database.sql,
  );
  await fillParticipants(database, conversations, now);
  if (messages > 0) await fillMessages(database, conversations, now);
  await advanceSequence(database, 'conversations');
}

/** When the conversation with this number, counted from 1, was last active. */
const activityOf = ({ count, everyMs = 0 }: Conversations, now: number, number: 'i' | 'c.i') =>
  sql`${sql.lit(now)} - (${sql.lit(count)} - ${sql.raw(number)}) * cast(${sql.lit(everyMs)} as bigint)`;

async function fillParticipants(database: Database, conversations: Conversations, now: number): Promise<void> {
  const { first, count, firstUser, members } = conversations;
  const states = Array.from({ length: members }, (_, index) => [firstUser + index, ...readState(conversations, index)]);
  for (let start = 0; start < states.length; start += ROWS_AT_ONCE) {
    await sql`
      insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
      with recursive ${numbers('n', count)}
      select ${sql.lit(first - 1)} + i, cast(value ->> 0 as integer), ${isTrue(database)}, ${sql.lit(now)},
        cast(value ->> 1 as integer), cast(value ->> 2 as integer), cast(value ->> 3 as integer),
        (${activityOf(conversations, now, 'i')}) / ${DAY}
      from n cross join ${tableOf(database, states.slice(start, start + ROWS_AT_ONCE))}`.execute(database.sql);
  }
}

/** `read_seq`, `settled` and `delivered_seq` of the member with this index. */
function readState(conversations: Conversations, index: number): [number, number, number] {
  const { messages, members } = conversations;
  const ownUpTo = (seq: number) => Math.floor((seq + members - 1 - index) / members);
  const last = lastSeqOf(conversations);
  const read = index === 0 ? Math.max(0, messages - UNREAD_BY_FIRST) : index === 1 ? 0 : messages;
  const settled = read + ownUpTo(messages) - ownUpTo(read) + deletedOfOthersAfter(read, conversations, index);
  return [read === messages ? last : read, settled, index === 1 ? 0 : last];
}

/** The number of deleted messages of other members after `read`, for the member with this index. */
function deletedOfOthersAfter(read: number, { messages, members }: Conversations, index: number): number {
  const all = Array.from({ length: deletedOf({ messages }) }, (_, nth) => FIRST_DELETED + nth * DELETED_EVERY);
  return all.filter((seq) => seq > read && (seq - 1) % members !== index).length;
}

const deletedOf = ({ messages }: Pick<Conversations, 'messages'>) =>
  Math.floor((messages + FIRST_DELETED) / DELETED_EVERY);
/** `last_seq` of each of these conversations. */
export const lastSeqOf = (conversations: Conversations) => conversations.messages + deletedOf(conversations);

async function fillMessages(database: Database, conversations: Conversations, now: number): Promise<void> {
  const { first, count, firstUser, members, messages } = conversations;
  const last = activityOf(conversations, now, 'c.i');
  const isDeleted = sql`s.i % ${sql.lit(DELETED_EVERY)} = ${sql.lit(FIRST_DELETED)}`;
  await sql`
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, created_at, deleted_at)
    with recursive ${numbers('c', count)}, ${numbers('s', messages)}
    select ${sql.lit(first - 1)} + c.i, ${sql.lit(firstUser)} + (s.i - 1) % ${sql.lit(members)}, s.i,
      case when ${isDeleted} then ${sql.lit(messages)} + (s.i + ${sql.lit(FIRST_DELETED)}) / ${sql.lit(DELETED_EVERY)} else s.i end,
      case when ${isDeleted} then '' else 'Message ' || s.i || ' of this conversation, which has been going on for long.' end,
      ${last} - (${sql.lit(messages)} - s.i) * ${sql.lit(STEP_MS)}, case when ${isDeleted} then ${sql.lit(now)} end
    from c cross join s order by c.i, s.i`.execute(database.sql);
  await sql`
    update conversations set last_message_id = (
      select id from messages m where m.conversation_id = conversations.id order by m.seq desc limit 1
    ) where id between ${sql.lit(first)} and ${sql.lit(first + count - 1)}`.execute(database.sql);
}

/** Inserting explicit ids does not advance PostgreSQL's sequences. */
async function advanceSequence({ kind, sql: db }: Database, table: 'users' | 'conversations'): Promise<void> {
  if (kind === 'sqlite') return;
  await sql`
    select setval(pg_get_serial_sequence(${sql.lit(table)}, 'id'), (select max(id) from ${sql.table(table)}))`.execute(
    db,
  );
}

/** Updates the statistics of the query planner. Call it after filling. */
export const analyze = ({ sql: db }: Database) => sql`analyze`.execute(db);

const isTrue = ({ kind }: Database) => (kind === 'sqlite' ? sql`1` : sql`true`);
