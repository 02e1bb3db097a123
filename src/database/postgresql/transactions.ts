import type { CompiledQuery, Dialect, QueryResult } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { QueryConfig, QueryResult as ServerResult } from 'pg';
import { boundKysely } from '../bound-kysely.ts';
import { databaseFault } from '../errors.ts';
import { type Queries, type RunRows, runStatementOn, type Transacted, type TransactionOptions } from '../queries.ts';
import { isReusable, MAX_PREPARED } from '../statement.ts';
import type { PooledClient, PostgresqlPool } from './pool.ts';

/** A connection as it is used in transactions. */
type Connection = {
  readonly queries: Queries;
  /** The first error of the transaction that is running: those that follow from it only say that there was one. */
  first: unknown;
};

/** Commands whose number of changed rows MikroORM needs. */
const CHANGING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** PostgreSQL's error for each statement after one that failed. */
const AFTER_AN_ERROR = '25P02';
/** A transaction that holds a lock for longer was probably left open. */
const LOCK_TIMEOUT_MS = 3_000;
/**
 * The visibility of data to a statement must not depend on a setting of the database (`default_transaction_isolation`): numbers are
 * assigned after waiting for the lock, from what was committed meanwhile.
 *
 * PostgreSQL estimates a list of rows in a parameter at a hundred, for which it would scan a table of some thousand rows.
 * All statements of these transactions find their rows by an index; a test verifies it.
 */
const BEGIN =
  'begin isolation level read committed; set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local lock_timeout = ';

/**
 * Transactions on PostgreSQL whose statements are sent without waiting for earlier results (pipelining), each prepared
 * once per connection: a small transaction spends most of its time waiting for results. The server still runs the
 * statements one after the other, and after one that fails it refuses the rest.
 */
export class PostgresqlTransactions {
  readonly #pool: PostgresqlPool;
  readonly #dialect: Dialect;
  readonly #connections = new WeakMap<PooledClient, Connection>();
  readonly #names = new Map<string, string>();
  readonly #seen = new LRUCache<string, true>({ max: MAX_PREPARED });

  constructor(pool: PostgresqlPool, dialect: Dialect) {
    this.#pool = pool;
    this.#dialect = dialect;
  }

  /**
   * Runs `work` in one transaction. Statements that it runs with `Promise.all` are sent together.
   * @throws what `work` throws, or the first error of the database: the transaction is rolled back, unless the connection
   *   was lost during the commit
   */
  async run<T>(work: Transacted<T>, { lockWithinMs = LOCK_TIMEOUT_MS }: TransactionOptions = {}): Promise<T> {
    const client = await this.#pool.connect();
    const connection = this.#connectionOf(client);
    connection.first = undefined;
    let usable = false;
    let writes: Promise<unknown> | undefined;
    try {
      const begun = client.send({ text: `${BEGIN}${Math.ceil(lockWithinMs)}` });
      const working = work(connection.queries, (last) => {
        writes = last;
      });
      const result = await afterBoth(working, begun);
      // if a statement has failed, `commit` rolls back and reports no error
      const { command } = await afterBoth(client.send({ text: 'commit' }), writes);
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back', { cause: connection.first });
      usable = true;
      return result;
    } catch (error) {
      const first = isFollowUp(error) ? (connection.first ?? error) : error;
      usable = await rolledBack(client, connection.first ?? first);
      throw first;
    } finally {
      if (!usable) client.destroy(); // or the pool would wait for the results of its statements
      client.release(!usable);
    }
  }

  #connectionOf(client: PooledClient): Connection {
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const send = (statement: QueryConfig) => client.send(statement).catch(noted);
    const execute = async ({ sql, parameters }: CompiledQuery) => resultOf(await send(this.#named(sql, parameters)));
    const run: RunRows = async ({ batch }, rows) =>
      rows.length === 0 ? [] : ((await send(this.#named(batch, [JSON.stringify(rows)]))).rows as never[]); // the type that the statement declares
    const bound = boundKysely(this.#dialect, execute);
    const made: Connection = { queries: { sql: bound, all: runStatementOn(bound), run }, first: undefined };
    this.#connections.set(client, made);
    return made;

    function noted(error: unknown): never {
      made.first ??= error;
      throw error;
    }
  }

  #named(text: string, values: readonly unknown[]) {
    const name = this.#nameOf(text);
    return { text, values, ...(name !== undefined && { name }) };
  }

  /** A statement is prepared when it is run for the second time: the number of texts that vary is unbounded. */
  #nameOf(text: string): string | undefined {
    if (!isReusable(text)) return undefined;
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= MAX_PREPARED) return name;
    if (this.#seen.has(text)) this.#names.set(text, `mmchat_${this.#names.size}`);
    this.#seen.set(text, true);
    return this.#names.get(text);
  }
}

/** The result, after both have settled. If both failed, the earlier statement's error is thrown. */
async function afterBoth<T>(result: Promise<T>, earlier: Promise<unknown> | undefined): Promise<T> {
  const [last, first] = await Promise.allSettled([result, earlier]);
  if (first.status === 'rejected') throw first.reason;
  if (last.status === 'rejected') throw last.reason;
  return last.value;
}

function resultOf({ rows, command, rowCount }: ServerResult): QueryResult<never> {
  const all = rows as never[]; // of any type
  return CHANGING.has(command ?? '') ? { rows: all, numAffectedRows: BigInt(rowCount ?? 0) } : { rows: all };
}

/** Whether PostgreSQL only reports that an earlier statement has failed. */
const isFollowUp = (error: unknown) => (error as { code?: unknown } | undefined)?.code === AFTER_AN_ERROR;

/**
 * Rolls a failed transaction back, unless the connection is lost or may lead to the wrong server.
 * @returns whether the connection can be used again
 */
async function rolledBack(client: PooledClient, error: unknown): Promise<boolean> {
  if (databaseFault(error)?.endsConnection) return false;
  return client.send({ text: 'rollback' }).then(
    () => true,
    () => false,
  );
}
