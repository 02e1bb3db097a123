/// <reference path="./better-sqlite3.d.ts" />
import type BetterSqlite from 'better-sqlite3';
import type { Statement } from 'better-sqlite3';
import type { CompiledQuery, QueryResult } from 'kysely';
import { LRUCache } from 'lru-cache';
import { isReusable, MAX_PREPARED, type Row, type RowStatement, valuesOf } from '../statement.ts';

type Preparing<Prepared> = { prepare(text: string): Prepared };

/**
 * Prepares each statement once: preparing costs as much as running a small query. SQLite prepares a cached statement
 * again by itself when the tables change. Every statement runs to its end at once, so none is in use when it is needed
 * again.
 */
export class StatementCache<Prepared extends object> {
  readonly #database: Preparing<Prepared>;
  readonly #statements = new LRUCache<string, Prepared>({ max: MAX_PREPARED });

  constructor(database: Preparing<Prepared>) {
    this.#database = database;
  }

  prepare(text: string): Prepared {
    if (!isReusable(text)) return this.#database.prepare(text);
    const cached = this.#statements.get(text);
    if (cached !== undefined) return cached;
    const prepared = this.#database.prepare(text);
    this.#statements.set(text, prepared);
    return prepared;
  }
}

/** An open SQLite database. Every statement runs to its end at once and blocks the process meanwhile. */
export class SqliteClient {
  readonly #database: BetterSqlite;
  readonly #cache: StatementCache<Statement>;
  readonly #rowStatements = new WeakMap<RowStatement<unknown>, Statement>();

  constructor(database: BetterSqlite) {
    this.#database = database;
    this.#cache = new StatementCache(database);
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  execute({ sql: text, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<never> {
    const statement = this.#cache.prepare(text);
    if (statement.reader) return { rows: statement.all(...parameters) as never[] }; // of any type
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** Runs a command, such as `begin`. */
  command(text: string): void {
    this.#cache.prepare(text).run();
  }

  runRows<Result>(rowStatement: RowStatement<Result>, rows: readonly Row[]): Result[] {
    const { single } = rowStatement;
    const statement = this.#prepared(rowStatement);
    if (statement.reader) return rows.flatMap((row) => statement.all(valuesOf(single, row))) as Result[]; // as declared
    const ids: unknown[] = [];
    for (const row of rows) {
      const { lastInsertRowid: id } = statement.run(valuesOf(single, row));
      if (single.returnsId) ids.push({ id });
    }
    return ids as Result[]; // the type that the statement declares
  }

  close(): void {
    this.#database.close();
  }

  #prepared(rowStatement: RowStatement<unknown>): Statement {
    const known = this.#rowStatements.get(rowStatement);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(rowStatement.single.text);
    this.#rowStatements.set(rowStatement, prepared);
    return prepared;
  }
}
