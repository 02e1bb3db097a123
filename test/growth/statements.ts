import { type CompiledQuery, DefaultQueryExecutor } from 'kysely';

/** An SQL statement as it was run: its text with places for values, and one set of values. */
export type Statement = { sql: string; parameters: readonly unknown[] };
type Executor = { executeQuery(query: CompiledQuery, ...rest: unknown[]): Promise<unknown> };

/**
 * Notes every statement that anything in this process runs on a database until `stop` is called: MikroORM and our own SQL
 * alike go through Kysely's executor. Each text is kept once, with the values of its first run.
 */
export function noteStatements(): { statements: ReadonlyMap<string, Statement>; stop(): void } {
  const statements = new Map<string, Statement>();
  const prototype = Object.getPrototypeOf(DefaultQueryExecutor.prototype) as Executor; // where it is defined
  const { executeQuery } = prototype;
  prototype.executeQuery = function (query, ...rest) {
    const text = query.sql.replace(/\s+/g, ' ').trim();
    if (!statements.has(text)) statements.set(text, { sql: query.sql, parameters: query.parameters });
    return executeQuery.call(this, query, ...rest);
  };
  return {
    statements,
    stop() {
      prototype.executeQuery = executeQuery;
    },
  };
}
