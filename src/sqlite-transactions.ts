import type { CompiledQuery } from 'kysely';
import { borrowed } from './borrowed-connection.ts';
import type { Queries, Sql, Transacted } from './database.ts';
import { type EachRow, type RunEach, valuesOf } from './each-row.ts';

/** A better-sqlite3 statement and database, as far as transactions go. */
type Statement = {
  readonly reader: boolean;
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): { changes: number; lastInsertRowid: number };
};
export type SqliteDatabase = { readonly inTransaction: boolean; prepare(text: string): Statement };

/**
 * Transactions on SQLite, whose statements go straight to the driver. While one is under way it has the connection for
 * itself: Kysely, which everything else goes through, lends it out.
 */
export class SqliteTransactions {
  readonly #lender: Sql;
  readonly #database: SqliteDatabase;
  readonly #queries: Queries;
  readonly #statements = new WeakMap<EachRow<unknown>, Statement>();

  constructor(lender: Sql, database: SqliteDatabase) {
    this.#lender = lender;
    this.#database = database;
    this.#queries = { sql: borrowed('sqlite', this.#execute as never), run: this.#run }; // its rows are of any form
  }

  /**
   * Runs `work` in one transaction, which has the lock for writing from its beginning.
   * @throws what `work` throws, or the database: nothing is kept then
   */
  run<T>(work: Transacted<T>): Promise<T> {
    return this.#lender.connection().execute(async () => {
      this.#database.prepare('begin immediate').run();
      try {
        let writes: Promise<unknown> | undefined;
        const result = await work(this.#queries, (last) => {
          writes = last;
        });
        await writes;
        this.#database.prepare('commit').run();
        return result;
      } catch (error) {
        // some errors, a full disk for one, have ended it already
        if (this.#database.inTransaction) this.#database.prepare('rollback').run();
        throw error;
      }
    });
  }

  readonly #execute = async ({ sql: text, parameters }: CompiledQuery) => {
    const statement = this.#database.prepare(text);
    if (statement.reader) return { rows: statement.all(...parameters) };
    return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
  };

  readonly #run: RunEach = async (each, rows) => {
    const { once } = each;
    const statement = this.#prepared(each);
    const answers: unknown[] = [];
    for (const row of rows) {
      const values = valuesOf(once, row);
      if (statement.reader) answers.push(...statement.all(...values));
      else {
        const { lastInsertRowid: id } = statement.run(...values);
        if (once.givesId) answers.push({ id });
      }
    }
    return answers as never[]; // what the statement says that it answers with
  };

  #prepared(each: EachRow<unknown>): Statement {
    const statement = this.#statements.get(each) ?? this.#database.prepare(each.once.text);
    this.#statements.set(each, statement);
    return statement;
  }
}
