import { createServer } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { type Native, openSqlite } from './sqlite.ts';

type Item = Record<string, unknown>;
/** What MmChat returned, so that this server returns the same bytes. */
export type PagesOptions = {
  file: string;
  conversations: readonly Item[];
  epoch: string;
  messages: readonly Item[];
};

/** Koa with its router: each list is one prepared query of 50 rows, serialized to the bytes that MmChat returns. */
export async function pages({ file, conversations, epoch, messages }: PagesOptions) {
  const { native } = await openSqlite(file, []);
  fill(native, 'conversations', conversations.map(flatten));
  fill(native, 'messages', messages.map(flatten));
  // With a bare `limit ?`, SQLite plans the statement again on every bind.
  const findConversations = native.prepare('select * from conversations order by rowid limit cast(? as integer)');
  const findMessages = native.prepare(
    'select * from messages where conversation_id = ? order by seq desc limit cast(? as integer)',
  );

  const router = new Router();
  router.get('/api/conversations', (ctx) => {
    const rows = findConversations.all(Number(ctx.query.limit)) as Item[];
    ctx.body = { success: true, conversations: rows.map(conversationOf), epoch };
  });
  router.get('/api/conversations/:id/messages', (ctx) => {
    const rows = findMessages.all(Number(ctx.params.id), Number(ctx.query.limit)) as Item[];
    ctx.body = { success: true, messages: rows.map(messageOf) };
  });
  return createServer(new Koa().use(router.routes()).callback());
}

const conversationOf = (row: Item) => ({
  id: row.id,
  conversation_id: row.conversation_id,
  is_group: row.is_group === 1,
  name: row.name,
  profile_picture: row.profile_picture,
  last_message: {
    message_id: row.message_id,
    seq: row.seq,
    sender_id: row.sender_id,
    sender_username: row.sender_username,
    content: row.content,
    created_at: row.created_at,
    type: row.type,
    deleted: row.deleted === 1,
  },
  last_seq: row.last_seq,
  unread_count: row.unread_count,
  participant_count: row.participant_count,
  other_user_online: row.other_user_online === 1,
});

const messageOf = (row: Item) => ({
  id: row.id,
  conversation_id: row.conversation_id,
  message_id: row.message_id,
  seq: row.seq,
  sender_id: row.sender_id,
  sender_username: row.sender_username,
  content: row.content,
  created_at: row.created_at,
  type: row.type,
  status: row.status,
  edited: row.edited === 1,
  edited_at: row.edited_at,
  deleted: row.deleted === 1,
  deleted_at: row.deleted_at,
  changed_seq: row.changed_seq,
});

/** A row of plain columns, in which the fields of `last_message` are columns too. */
function flatten({ last_message, ...item }: Item): Item {
  const all = Object.entries({ ...item, ...(last_message as Item | undefined) });
  return Object.fromEntries(all.map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]));
}

function fill(native: Native, table: string, items: readonly Item[]): void {
  const columns = Object.keys(items[0] ?? {});
  native.exec(`create table ${table} (${columns.join(', ')})`);
  const insert = native.prepare(`insert into ${table} values (${columns.map(() => '?').join(', ')})`);
  for (const item of items) insert.run(...columns.map((column) => item[column]));
  if (table === 'messages') native.exec('create index messages_page on messages (conversation_id, seq)');
}
