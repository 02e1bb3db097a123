import { type CompiledQuery, DefaultQueryExecutor, type QueryResult } from 'kysely';

type Executor = { executeQuery(query: CompiledQuery, ...rest: unknown[]): Promise<QueryResult<unknown>> };

/** The cost of a call, without a clock: the statements that this process runs outside of transactions, and their rows. */
export async function costOf(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }> {
  const prototype = Object.getPrototypeOf(DefaultQueryExecutor.prototype) as Executor; // where it is defined
  const { executeQuery } = prototype;
  const cost = { statements: 0, rows: 0 };
  prototype.executeQuery = async function (query, ...rest) {
    const result = await executeQuery.call(this, query, ...rest);
    cost.statements += 1;
    cost.rows += result.rows.length;
    return result;
  };
  try {
    await work();
  } finally {
    prototype.executeQuery = executeQuery;
  }
  return cost;
}
