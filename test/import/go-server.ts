import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import type { DatabaseKind } from '../support/app.ts';
import {
  COMPILED_ONCE,
  makeTemporaryFolder,
  type Outcome,
  removeTemporaryFolder,
  runToEnd,
} from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { runSql } from '../support/sqlite.ts';
import type { Run } from './importer.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const IMPORTER = join(import.meta.dirname, 'importer.ts');
const END_WITHIN_MS = 120_000;

/** A row of the Go server's database: a `Date` is a time, the rest as it is. */
export type GoRow = Readonly<Record<string, string | number | boolean | Date | null>>;
export type GoRows = Readonly<Record<string, readonly GoRow[]>>;

/** The tables of the Go server, by the names of their columns' types. */
const TABLES: Readonly<Record<string, string>> = {
  users: `id ID, username TEXT not null, email TEXT, password_hash TEXT not null, profile_pic TEXT, created_at TIME,
    last_active TIME`,
  conversations: 'id ID, name TEXT, is_group_chat BOOL not null default FALSE, created_at TIME',
  participants: 'conversation_id INT, user_id INT, is_admin BOOL not null default FALSE, joined_at TIME',
  messages: `id ID, conversation_id INT, sender_id INT, content TEXT, sent_at TIME, is_deleted BOOL not null default FALSE,
    edited_at TIME`,
  message_status: 'message_id INT, user_id INT, status TEXT not null, read_at TIME',
  otp_codes: 'id ID, email TEXT not null, code TEXT not null, expires_at TIME',
};
const OLDER = { users: ['email'], messages: ['is_deleted', 'edited_at'] };
const TYPES: Readonly<Record<DatabaseKind, Readonly<Record<string, string>>>> = {
  sqlite: { ID: 'integer primary key autoincrement', INT: 'integer', TIME: 'datetime', BOOL: 'boolean', FALSE: '0' },
  postgresql: { ID: 'bigserial primary key', INT: 'bigint', TIME: 'timestamptz', BOOL: 'boolean', FALSE: 'false' },
};

export type GoServer = {
  readonly url: string;
  readonly kind: DatabaseKind;
  run(sql: string): Promise<void>;
  insert(rows: GoRows): Promise<void>;
  remove(): Promise<void>;
};

/** Makes the database of a Go server, or, with `older`, of one before addresses, deleting and editing. */
export async function makeGoServer(kind: DatabaseKind, { older = false } = {}): Promise<GoServer> {
  const folder = makeTemporaryFolder('go-server');
  const postgresql = kind === 'postgresql' ? await requirePostgresql({ skip: unskippable } as never) : undefined;
  const url = postgresql === undefined ? `sqlite:${join(folder, 'go.db')}` : await postgresql.createDatabase();
  async function run(sql: string): Promise<void> {
    if (postgresql === undefined) runSql(url, sql);
    else await postgresql.query(url, sql);
  }
  await run(`${schemaOf(kind)};${older ? olderThan(OLDER) : ''}`);
  return {
    url,
    kind,
    run,
    insert: (rows) => run(insertsOf(kind, rows)),
    async remove() {
      await postgresql?.dropDatabase(url);
      removeTemporaryFolder(folder);
    },
  };
}

const unskippable = () => {
  throw new Error('ask for PostgreSQL in a before hook first');
};

const schemaOf = (kind: DatabaseKind) =>
  Object.entries(TABLES)
    .map(
      ([table, columns]) =>
        `create table ${table} (${columns.replace(/\b[A-Z]+\b/g, (type) => TYPES[kind][type] ?? type)})`,
    )
    .join(';');

const olderThan = (dropped: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(dropped)
    .flatMap(([table, columns]) => columns.map((column) => `alter table ${table} drop column ${column};`))
    .join('');

const ROWS_PER_STATEMENT = 500;

function insertsOf(kind: DatabaseKind, tables: GoRows): string {
  const inserts = Object.entries(tables).flatMap(([table, rows]) =>
    [...Map.groupBy(rows, (row) => Object.keys(row).join())].flatMap(([columns, alike]) =>
      Array.from({ length: Math.ceil(alike.length / ROWS_PER_STATEMENT) }, (_, index) => {
        const some = alike.slice(index * ROWS_PER_STATEMENT, (index + 1) * ROWS_PER_STATEMENT);
        const values = some.map((row) => `(${Object.values(row).map(literal).join()})`);
        return `insert into ${table} (${columns}) values ${values.join()};`;
      }),
    ),
  );
  return `begin;${inserts.join('\n')}commit;`;

  function literal(value: GoRow[string]): string {
    if (value === null) return 'null';
    if (typeof value === 'boolean') return kind === 'sqlite' ? `${Number(value)}` : `${value}`;
    if (typeof value === 'number') return `${value}`;
    const text = value instanceof Date ? goTime(value) : value;
    return `'${text.replaceAll("'", "''")}'`;
  }
}

/** As Go's drivers write it. */
const goTime = (date: Date) => date.toISOString().replace('T', ' ').replace('Z', '+00:00');

/** A hash as Go's bcrypt makes it. */
export const goHash = (password: string): string => bcrypt.hashSync(password, bcrypt.genSaltSync(4, 'a'));

/** How an operator runs `mmchat import`. @param to DATABASE_URL */
export function importCommand(folder: string, to: string | undefined, ...args: string[]) {
  const env = { ...COMPILED_ONCE, PATH: process.env.PATH, ...(to !== undefined && { DATABASE_URL: to }) };
  return { command: process.execPath, args: [CLI, 'import', ...args], options: { cwd: folder, env } };
}

/** Runs `mmchat import` until it ends. */
export function runImport(folder: string, to: string | undefined, ...given: string[]): Promise<Outcome> {
  const { command, args, options } = importCommand(folder, to, ...given);
  return runToEnd(command, args, { ...options, timeout: END_WITHIN_MS });
}

let importer: { child: ChildProcess; ended: Promise<never> } | undefined;

/** The same in one process for all runs, which saves most of their time. For one run at a time. */
export async function runImportShared(folder: string, to: string | undefined, ...args: string[]): Promise<Outcome> {
  importer ??= startImporter();
  const ran = once(importer.child, 'message', { signal: AbortSignal.timeout(END_WITHIN_MS) });
  const run: Run = { folder, to, args };
  importer.child.send(run);
  const [outcome] = await Promise.race([ran, importer.ended]);
  return outcome;
}

function startImporter() {
  const child = fork(IMPORTER, { env: { ...COMPILED_ONCE, PATH: process.env.PATH } });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The importer ended: ${code}`)));
  ended.catch(() => undefined); // between two runs nobody waits for it
  // it ends with this process, and does not keep it running
  child.unref();
  child.channel?.unref();
  return { child, ended };
}
