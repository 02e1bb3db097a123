/// <reference path="../../database/sqlite/better-sqlite3.d.ts" />

import type { Statement } from 'better-sqlite3';
import BetterSqlite from 'better-sqlite3';

const PAGE = 1_000;
/** 16 MB in memory, and as much for each sort; the rest in temporary files. */
const PRAGMAS = 'pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16384';

/**
 * `source_…`: the rows of the source, times as milliseconds. The other tables are what the import makes of them. `lives`
 * counts a conversation's messages that are not deleted, up to and with this one: read states are computed from it. A row
 * of \`placed\` without a message is the notice of the conversation.
 */
const TABLES = `
  create table source_users (id integer primary key, username text, email text, hash text, picture text, created real, seen real);
  create table source_conversations (id integer primary key, is_group integer not null, name text, created real);
  create table source_participants (conversation_id integer, user_id integer, is_admin integer not null, joined real);
  create table source_messages (
    id integer primary key, conversation_id integer, sender_id integer, content text not null, at real,
    is_deleted integer not null, edited real, parts integer not null
  );
  create table source_status (message_id integer, user_id integer, kind integer not null);

  create table accounts (
    id integer primary key, username text, username_key text unique, email text not null, email_key text not null unique,
    hash text not null, picture text not null, seen integer not null, created integer not null, is_missing integer not null
  );
  create table pictures (id integer primary key, url text not null, type text not null, content blob not null);
  create table conversations (
    id integer primary key, target integer not null, is_group integer not null, private_key text, name text, created real,
    notice text
  );
  create table members (
    conversation_id integer, user_id integer, is_admin integer not null, joined integer not null,
    primary key (conversation_id, user_id)
  ) without rowid;
  create table placed (
    conversation_id integer, seq integer, message_id integer, sender_id integer not null, parts integer not null,
    is_live integer not null, lives integer not null, at integer not null,
    primary key (conversation_id, seq)
  ) without rowid;
  create table totals (
    conversation_id integer primary key, last_seq integer not null, messages integer not null, lives integer not null,
    last_at integer not null
  );`;

type Row = Record<string, unknown>;

/**
 * A private SQLite database in a temporary file, in which the rows of the source are sorted and joined: so memory stays
 * bounded, and it does not matter which indexes the source has. The system deletes the file when the process ends.
 */
export class Staging {
  readonly #database = new BetterSqlite('');
  readonly #statements = new Map<string, Statement>();
  /** The highest id in each table of the source, also of rows that are left behind: none of them is given again. */
  readonly highestIds = new Map<string, number>();

  constructor() {
    this.#database.exec(PRAGMAS);
    this.#database.exec(TABLES);
  }

  run(text: string, ...values: unknown[]): number {
    return this.#prepared(text).run(...values).changes;
  }

  get<Result = Row>(text: string, ...values: unknown[]): Result | undefined {
    return this.#prepared(text).get(...values) as Result | undefined;
  }

  all<Result = Row>(text: string, ...values: unknown[]): Result[] {
    return this.#prepared(text).all(...values) as Result[];
  }

  /** Reads row by row. Nothing can be written meanwhile. */
  iterate<Result = Row>(text: string, ...values: unknown[]): IterableIterator<Result> {
    return this.#database.prepare(text).iterate(...values) as IterableIterator<Result>;
  }

  /** Reads some rows at a time. Nothing can be written meanwhile. */
  *pages<Result = Row>(text: string, ...values: unknown[]): Generator<Result[]> {
    let page: Result[] = [];
    for (const row of this.iterate<Result>(text, ...values)) {
      page.push(row);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  /**
   * Reads some rows at a time by their `id`, so that they can be written meanwhile.
   * @param text a statement whose parameters are the last id and the number of rows
   */
  *byId<Result extends { id: number }>(text: string): Generator<Result> {
    for (let last = 0; ; ) {
      const page = this.all<Result>(text, last, PAGE);
      yield* page;
      const [end] = page.slice(-1);
      if (end === undefined) return;
      last = end.id;
    }
  }

  /** After an error rows may be half read, and the database stays open until the process ends. */
  close(): void {
    try {
      this.#database.close();
    } catch {}
  }

  #prepared(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(text);
    this.#statements.set(text, prepared);
    return prepared;
  }
}
