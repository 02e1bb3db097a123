import { createServer } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { type Native, openSqlite } from './sqlite.ts';

type Item = Record<string, unknown>;
/** The items of our own answers, which it has to send too. */
export type PagesOptions = { file: string; conversations: readonly Item[]; messages: readonly Item[] };

/** Koa and its router: each list is one prepared query of 50 rows, made into the same bytes that ours sends. */
export async function pages({ file, conversations, messages }: PagesOptions) {
  const { native } = await openSqlite(file, []);
  fill(native, 'conversations', conversations.map(flat));
  fill(native, 'messages', messages.map(flat));
  // a bare `limit ?` has SQLite plan the statement anew each time that it is bound
  const findConversations = native.prepare('select * from conversations order by rowid limit cast(? as integer)');
  const findMessages = native.prepare(
    'select * from messages where conversation_id = ? order by seq desc limit cast(? as integer)',
  );

  const router = new Router();
  router.get('/api/conversations', (ctx) => {
    const rows = findConversations.all(Number(ctx.query.limit)) as Item[];
    ctx.body = { success: true, conversations: rows.map(conversationOf) };
  });
  router.get('/api/conversations/:id/messages', (ctx) => {
    const rows = findMessages.all(Number(ctx.params.id), Number(ctx.query.limit)) as Item[];
    ctx.body = { success: true, messages: rows.map(messageOf) };
  });
  return createServer(new Koa().use(router.routes()).callback());
}

const conversationOf = (row: Item) => ({
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

/** A row of plain columns; the fields of a last message stand among the others. */
function flat({ last_message, ...item }: Item): Item {
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
