import { type CompiledQuery, DefaultQueryExecutor } from 'kysely';
import { RowStatement } from '../../src/database/statement.ts';

/** An SQL statement as it was run: its text with placeholders, and one set of values. */
export type Statement = { sql: string; parameters: readonly unknown[] };
type Executor = { executeQuery(query: CompiledQuery, ...rest: unknown[]): Promise<unknown> };

const { get: singleOf } = Object.getOwnPropertyDescriptor(RowStatement.prototype, 'single') as {
  get(): RowStatement['single'];
};
const { get: batchOf } = Object.getOwnPropertyDescriptor(RowStatement.prototype, 'batch') as { get(): string };
/** More fields than any statement contains. */
const SOME_ROWS = JSON.stringify([Array.from({ length: 10 }, () => 1)]);

/**
 * Records every statement that this process runs on a database until `stop` is called: those of MikroORM and hand-written
 * SQL pass through Kysely's executor; a row statement is recorded when its text is read.
 * Each text is recorded once, with the values of its first run.
 */
export function recordStatements(): { statements: ReadonlyMap<string, Statement>; stop(): void } {
  const statements = new Map<string, Statement>();
  const prototype = Object.getPrototypeOf(DefaultQueryExecutor.prototype) as Executor; // where it is defined
  const { executeQuery } = prototype;
  const note = (sql: string, parameters: readonly unknown[]) => {
    const text = sql.replace(/\s+/g, ' ').trim();
    if (!statements.has(text)) statements.set(text, { sql, parameters });
  };
  prototype.executeQuery = function (query, ...rest) {
    note(query.sql, query.parameters);
    return executeQuery.call(this, query, ...rest);
  };
  Object.defineProperty(RowStatement.prototype, 'single', {
    configurable: true,
    get(this: RowStatement) {
      const single = singleOf.call(this);
      note(
        single.text,
        single.indexes.map(() => 1),
      );
      return single;
    },
  });
  Object.defineProperty(RowStatement.prototype, 'batch', {
    configurable: true,
    get(this: RowStatement) {
      const text = batchOf.call(this);
      note(text, [SOME_ROWS]);
      return text;
    },
  });
  return {
    statements,
    stop() {
      prototype.executeQuery = executeQuery;
      Object.defineProperty(RowStatement.prototype, 'single', { configurable: true, get: singleOf });
      Object.defineProperty(RowStatement.prototype, 'batch', { configurable: true, get: batchOf });
    },
  };
}
