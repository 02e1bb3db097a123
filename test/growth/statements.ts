import { type CompiledQuery, DefaultQueryExecutor } from 'kysely';
import { EachRow } from '../../src/each-row.ts';

/** An SQL statement as it was run: its text with places for values, and one set of values. */
export type Statement = { sql: string; parameters: readonly unknown[] };
type Executor = { executeQuery(query: CompiledQuery, ...rest: unknown[]): Promise<unknown> };

const { get: onceOf } = Object.getOwnPropertyDescriptor(EachRow.prototype, 'once') as { get(): EachRow['once'] };
const { get: togetherOf } = Object.getOwnPropertyDescriptor(EachRow.prototype, 'together') as { get(): string };
/** More fields than any statement names. */
const SOME_ROWS = JSON.stringify([Array.from({ length: 10 }, () => 1)]);

/**
 * Notes every statement that anything in this process runs on a database until `stop` is called: MikroORM and our own SQL
 * alike go through Kysely's executor, but for those that are run for each of many rows, which are asked for their text.
 * Each text is kept once, with the values of its first run.
 */
export function noteStatements(): { statements: ReadonlyMap<string, Statement>; stop(): void } {
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
  Object.defineProperty(EachRow.prototype, 'once', {
    configurable: true,
    get(this: EachRow) {
      const once = onceOf.call(this);
      note(
        once.text,
        once.places.map(() => 1),
      );
      return once;
    },
  });
  Object.defineProperty(EachRow.prototype, 'together', {
    configurable: true,
    get(this: EachRow) {
      const text = togetherOf.call(this);
      note(text, [SOME_ROWS]);
      return text;
    },
  });
  return {
    statements,
    stop() {
      prototype.executeQuery = executeQuery;
      Object.defineProperty(EachRow.prototype, 'once', { configurable: true, get: onceOf });
      Object.defineProperty(EachRow.prototype, 'together', { configurable: true, get: togetherOf });
    },
  };
}
