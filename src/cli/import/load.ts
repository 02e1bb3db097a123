import { StartError } from '../../database/start-error.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';
import type { Source } from './source.ts';
import { MESSAGE_CHARACTERS, splitText } from './split-text.ts';
import type { Staging } from './staging.ts';
import { type Structure, TABLES, type TableName } from './tables.ts';
import { flagOf, idOf, momentOf, referenceOf, textOf } from './values.ts';

/** A row of the source, by column; a column that the source does not have is undefined. */
type SourceRow = Readonly<Record<string, unknown>>;
type Loader = { readonly insert: string; values(row: SourceRow, report: Report): unknown[] };

/** How far a status goes. */
const KINDS: Readonly<Record<string, number>> = { delivered: 1, read: 2 };

const LOADERS: Readonly<Record<TableName, Loader>> = {
  users: {
    insert: 'insert into source_users values (?, ?, ?, ?, ?, ?, ?)',
    values: (row, report) => [
      idOf(row.id, 'users.id'),
      textOf(row.username),
      textOf(row.email),
      textOf(row.password_hash),
      textOf(row.profile_pic),
      timeOf(row, 'created_at', { user: row.id }, report),
      timeOf(row, 'last_active', { user: row.id }, report),
    ],
  },
  conversations: {
    insert: 'insert into source_conversations values (?, ?, ?, ?)',
    values: (row, report) => [
      idOf(row.id, 'conversations.id'),
      flagOf(row.is_group_chat) ? 1 : 0,
      textOf(row.name),
      timeOf(row, 'created_at', { conversation: row.id }, report),
    ],
  },
  participants: {
    insert: 'insert into source_participants values (?, ?, ?, ?)',
    values: (row, report) => [
      referenceOf(row.conversation_id, 'participants.conversation_id'),
      referenceOf(row.user_id, 'participants.user_id'),
      flagOf(row.is_admin) ? 1 : 0,
      timeOf(row, 'joined_at', { conversation: row.conversation_id, user: row.user_id }, report),
    ],
  },
  messages: {
    insert: 'insert into source_messages values (?, ?, ?, ?, ?, ?, ?, ?)',
    values: messageValues,
  },
  message_status: {
    insert: 'insert into source_status values (?, ?, ?)',
    values: (row) => [
      referenceOf(row.message_id, 'message_status.message_id'),
      referenceOf(row.user_id, 'message_status.user_id'),
      KINDS[String(textOf(row.status)).toLowerCase()] ?? 0,
    ],
  },
};

function insertOnce(staging: Staging, table: TableName, insert: string, values: readonly unknown[]): void {
  try {
    staging.run(insert, ...values);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'SQLITE_CONSTRAINT_PRIMARYKEY') throw error;
    throw new StartError(`${table}.id is ${values[0]} in several rows, so they cannot be kept. Nothing was changed.`);
  }
}

const MENTIONED: Readonly<Record<string, readonly (readonly [table: string, column: string])[]>> = {
  users: [
    ['source_users', 'id'],
    ['source_participants', 'user_id'],
    ['source_messages', 'sender_id'],
    ['source_status', 'user_id'],
  ],
  conversations: [
    ['source_conversations', 'id'],
    ['source_participants', 'conversation_id'],
    ['source_messages', 'conversation_id'],
  ],
  messages: [
    ['source_messages', 'id'],
    ['source_status', 'message_id'],
  ],
};

function messageValues(row: SourceRow, report: Report): unknown[] {
  const id = idOf(row.id, 'messages.id');
  const isDeleted = flagOf(row.is_deleted);
  const original = textOf(row.content) ?? '';
  if (isDeleted && original !== '') report.add('deleted_text_dropped', { message: id });
  const content = isDeleted ? '' : withoutNul(original, { message: id }, report);
  const parts = content.length > MESSAGE_CHARACTERS ? splitText(content).length : 1;
  if (parts > 1) report.add('text_split', { message: id, parts });
  return [
    id,
    referenceOf(row.conversation_id, 'messages.conversation_id'),
    referenceOf(row.sender_id, 'messages.sender_id'),
    content,
    timeOf(row, 'sent_at', { message: id }, report),
    isDeleted ? 1 : 0,
    editedOf(row, id, report),
    parts,
  ];
}

/** An edit at an unknown time stays an edit: at the time of the message, which is stored as -1 here. */
function editedOf(row: SourceRow, message: number, report: Report): number | null {
  const moment = momentOf(row.edited_at);
  if (moment !== 'invalid') return moment;
  report.add('time_replaced', { column: 'edited_at', message, before: textOf(row.edited_at) });
  return -1;
}

function withoutNul(text: string, about: object, report: Report): string {
  if (!text.includes('\0')) return text;
  report.add('characters_replaced', about);
  return text.replaceAll('\0', '\uFFFD');
}

/** Nothing is amiss if these are null. */
const MAY_BE_NULL = new Set(['last_active']);

/** The time in a column, or null if it has to be replaced; if the column is missing, that is one remark on the column. */
function timeOf(row: SourceRow, column: string, about: object, report: Report): number | null {
  const moment = momentOf(row[column]);
  if (typeof moment === 'number') return moment;
  if (row[column] !== undefined && !(moment === null && MAY_BE_NULL.has(column)))
    report.add('time_replaced', { column, ...about, before: textOf(row[column]) });
  return null;
}

/**
 * Copies the rows of the source.
 * @returns the number of rows of each table
 * @throws StartError for a row without a usable id
 */
export async function load(
  { source, structure }: { source: Source; structure: Structure },
  staging: Staging,
  { report, progress }: { report: Report; progress: Progress },
): Promise<Map<TableName, number>> {
  const counts = new Map<TableName, number>();
  for (const [table, loader] of Object.entries(LOADERS) as [TableName, Loader][]) {
    if (!structure.has(table)) continue;
    const { required, optional } = TABLES[table];
    const columns = [...required, ...optional].filter((column) => structure.has(table, column));
    progress.begin(`reading ${table}`, await source.count(table));
    staging.run('begin');
    let count = 0;
    for await (const page of source.rows(table, columns)) {
      for (const values of page) {
        const row = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null]));
        insertOnce(staging, table, loader.insert, loader.values(row, report));
      }
      count += page.length;
      progress.advance(page.length);
    }
    staging.run('commit');
    progress.end();
    counts.set(table, count);
  }
  noteHighestIds(staging);
  return counts;
}

/** Ids that rows refer to count as well. */
function noteHighestIds(staging: Staging): void {
  for (const [table, columns] of Object.entries(MENTIONED)) {
    const highest = columns.map(
      ([where, column]) => staging.get<{ id: number | null }>(`select max(${column}) as id from ${where}`)?.id ?? 0,
    );
    staging.highestIds.set(table, Math.max(...highest));
  }
}
