import { StartError } from '../../database/start-error.ts';

/** The tables of the Go server. A column that is not `required` is missing in older databases. */
export const TABLES = {
  users: {
    required: ['id', 'username', 'password_hash'],
    optional: ['email', 'profile_pic', 'created_at', 'last_active'],
  },
  conversations: { required: ['id', 'is_group_chat'], optional: ['name', 'created_at'] },
  participants: { required: ['conversation_id', 'user_id'], optional: ['is_admin', 'joined_at'] },
  messages: {
    required: ['id', 'conversation_id', 'sender_id', 'content', 'sent_at'],
    optional: ['is_deleted', 'edited_at'],
  },
  message_status: { required: ['message_id', 'user_id', 'status'], optional: ['read_at'] },
} as const satisfies Readonly<Record<string, { required: readonly string[]; optional: readonly string[] }>>;
export type TableName = keyof typeof TABLES;
type TableDefinition = { readonly required: readonly string[]; readonly optional: readonly string[] };

/** Codes are valid for minutes: nobody misses them. */
const LEFT_BEHIND = new Set(['otp_codes']);
const CAN_BE_MISSING: ReadonlySet<string> = new Set(['message_status']);

/** The columns of each table. */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>;

export type Structure = {
  /** Whether the source has it. */
  has(table: TableName, column?: string): boolean;
  /** One line for each table and column that is unknown, missing or left behind. */
  readonly remarks: readonly string[];
};

/**
 * Compares the tables of the source with those of the Go server.
 * @throws StartError if they are those of another program
 */
export function structureOf(columns: Columns): Structure {
  const missing = Object.entries<TableDefinition>(TABLES).flatMap(([table, { required }]) => {
    const found = columns.get(table);
    if (found === undefined) return CAN_BE_MISSING.has(table) ? [] : [table];
    return required.filter((column) => !found.has(column)).map((column) => `${table}.${column}`);
  });
  if (missing.length > 0)
    throw new StartError(
      `the source is not a database of the Go server: it has no ${missing.join(', ')}. Nothing was changed. Check --from.`,
    );
  return {
    has: (table, column) => (column === undefined ? columns.has(table) : columns.get(table)?.has(column) === true),
    remarks: [...columns].flatMap(remarksOn).concat(absent(columns)),
  };
}

function remarksOn([table, found]: [string, ReadonlySet<string>]): string[] {
  if (LEFT_BEHIND.has(table)) return [`table ${table}: left behind`];
  if (!Object.hasOwn(TABLES, table)) return [`table ${table}: unknown, left behind`];
  const { required, optional }: TableDefinition = TABLES[table as TableName];
  const unknown = [...found].filter((column) => ![...required, ...optional].includes(column));
  return unknown.map((column) => `column ${table}.${column}: unknown, left behind`);
}

function absent(columns: Columns): string[] {
  return Object.entries<TableDefinition>(TABLES).flatMap(([table, { optional }]) => {
    const found = columns.get(table);
    if (found === undefined) return [`table ${table}: not there, so nobody has read anything`];
    return optional.filter((column) => !found.has(column)).map((column) => `column ${table}.${column}: not there`);
  });
}
