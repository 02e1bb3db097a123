import { sql } from 'kysely';
import { storeAvatar } from '../../accounts/avatars.ts';
import { indexUsernames } from '../../accounts/username-ngrams.ts';
import type { Queries } from '../../database/queries.ts';
import { type Row, RowStatement } from '../../database/statement.ts';
import { dayOf } from '../../time.ts';
import type { Progress } from './progress.ts';
import type { Staging } from './staging.ts';
import {
  accountPages,
  conversationPages,
  keptPictures,
  members,
  messages,
  type StoredMember,
  type StoredMessage,
} from './stored-rows.ts';

const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 1_000_000;

const insertAccount = new RowStatement(
  (row) => `
    insert into users (id, username, username_key, email, email_key, password_hash, profile_picture, last_seen, created_at)
    select ${row.int(0)}, ${row.text(1)}, ${row.text(2)}, ${row.text(3)}, ${row.text(4)}, ${row.text(5)}, ${row.text(6)},
      ${row.int(7)}, ${row.int(8)} ${row.from}`,
);

const insertConversation = new RowStatement(
  (row) => `
    insert into conversations (id, is_group, name, private_key, last_seq, message_count, activity_at, created_at)
    select ${row.int(0)}, ${row.int(1)} = 1, ${row.text(2)}, ${row.text(3)}, ${row.int(4)}, ${row.int(5)}, ${row.int(6)},
      ${row.int(7)} ${row.from}`,
);

const insertMessage = new RowStatement(
  (row) => `
    insert into messages
      (id, conversation_id, sender_id, seq, changed_seq, content, created_at, edited_at, deleted_at, event)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)}, ${row.int(3)}, ${row.text(4)}, ${row.int(5)},
      ${row.int(6)}, ${row.int(7)}, ${row.text(8)} ${row.from}`,
);

const insertMember = new RowStatement(
  (row) => `
    insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, range_count, delivered_seq,
      activity_day)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)} = 1, ${row.int(3)}, ${row.int(4)}, ${row.int(5)}, ${row.int(6)},
      ${row.int(7)}, ${row.int(8)} ${row.from}`,
);

const insertRange = new RowStatement(
  (row) => `
    insert into read_ranges (conversation_id, user_id, from_seq, to_seq)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(3)} ${row.from}`,
);

/** Inserts all rows into an empty database, inside one transaction. */
export async function insertAll(queries: Queries, staging: Staging, progress: Progress): Promise<void> {
  await insertAccounts(queries, staging);
  for (const page of conversationPages(staging))
    await queries.run(
      insertConversation,
      page.map((each) => [
        ...[
          each.id,
          each.isGroup,
          each.name,
          each.privateKey,
          each.lastSeq,
          each.messages,
          each.activityAt,
          each.created,
        ],
      ]),
    );
  await insertMessages(queries, staging, progress);
  await insertMembers(queries, staging, progress);
}

async function insertAccounts(queries: Queries, staging: Staging): Promise<void> {
  for (const page of accountPages(staging))
    await queries.run(
      insertAccount,
      page.map(({ id, username, usernameKey, email, emailKey, hash, picture, seen, created }) => [
        ...[id, username, usernameKey, email, emailKey, hash, picture, seen, created],
      ]),
    );
  await insertPictures(queries, staging);
  await indexUsernames(queries.sql);
  // nobody should find the accounts of missing senders
  for (const { id } of staging.all<{ id: number }>('select id from accounts where is_missing'))
    await queries.sql.deleteFrom('username_pieces').where('user_id', '=', id).execute();
}

async function insertPictures({ sql: db }: Queries, staging: Staging): Promise<void> {
  const batch = { sql: db, now: Date.now() };
  for (const { id, url, contentType, content } of keptPictures(staging))
    await storeAvatar(batch, id, url, { contentType, content });
}

async function insertMessages(queries: Queries, staging: Staging, progress: Progress): Promise<void> {
  const { count = 0 } = staging.get<{ count: number }>('select count(*) as count from placed') ?? {};
  progress.begin('writing messages', count);
  for (const batch of batched(messages(staging), ({ content }) => content.length)) {
    await queries.run(insertMessage, batch.map(rowOfMessage));
    progress.advance(batch.length);
  }
  progress.end();
  await sql`update conversations set last_message_id = (
    select m.id from messages m where m.conversation_id = conversations.id and m.seq = conversations.last_seq
  )`.execute(queries.sql);
}

const rowOfMessage = (each: StoredMessage): Row => [
  ...[each.id, each.conversationId, each.senderId, each.seq, each.content],
  ...[each.createdAt, each.editedAt, each.deletedAt, each.event],
];

async function insertMembers(queries: Queries, staging: Staging, progress: Progress): Promise<void> {
  const { count = 0 } = staging.get<{ count: number }>('select count(*) as count from members') ?? {};
  progress.begin('writing read states', count);
  for (const batch of batched(members(staging), ({ ranges }) => ranges.length * 100)) {
    await queries.run(insertMember, batch.map(rowOfMember));
    for (const ranges of batched(batch.flatMap(rangesOf), () => 0)) await queries.run(insertRange, ranges);
    progress.advance(batch.length);
  }
  progress.end();
  await sql`update conversations set participant_count = (
    select count(*) from participants p where p.conversation_id = conversations.id
  )`.execute(queries.sql);
}

const rowOfMember = (each: StoredMember): Row => [
  ...[each.conversationId, each.userId, each.isAdmin, each.joined, each.readSeq, each.settled],
  ...[each.ranges.length, each.deliveredSeq, dayOf(each.activityAt)],
];

const rangesOf = ({ conversationId, userId, ranges }: StoredMember): Row[] =>
  ranges.map(({ from, to }) => [conversationId, userId, from, to]);

/** Bounds the rows and the text that are sent at once. */
function* batched<Item>(items: Iterable<Item>, charactersOf: (item: Item) => number): Generator<Item[]> {
  let batch: Item[] = [];
  let characters = 0;
  for (const item of items) {
    batch.push(item);
    characters += charactersOf(item);
    if (batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
