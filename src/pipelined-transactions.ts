import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Sql } from './database.ts';
import { isRepeated, MOST_STATEMENTS } from './prepared-statements.ts';

type Answer = { rows: never[]; command?: string; rowCount: number | null };
/** A connection of the `pg` driver that is set to send a statement without waiting for the one before it. */
type Client = {
  query(statement: { text: string; values?: readonly unknown[]; name?: string }): Promise<Answer>;
  release(destroy?: boolean): void;
};
export type ClientPool = { connect(): Promise<Client> };

/** Commands that say how many rows they changed, which MikroORM asks for. */
const CHANGING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
const CHANGED_UNDER_PLAN = '0A000';
/**
 * A list of rows in a parameter is taken for a hundred, for which PostgreSQL would rather read a whole table of some
 * thousand rows. All that is done in these transactions finds its rows by an index, which tests hold it to.
 */
const BEGIN =
  'begin; set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off';

/**
 * Transactions on PostgreSQL whose statements are sent as soon as they are asked for, each prepared once a connection:
 * a small transaction is mostly waiting for answers, so what does not need an answer goes out together with what does.
 * The server still runs them one after the other, and after one that fails it refuses the rest.
 */
export class PipelinedTransactions {
  readonly #pool: () => Promise<ClientPool>;
  readonly #connections = new WeakMap<Client, Sql>();
  readonly #names = new Map<string, string>();
  readonly #seen = new LRUCache<string, true>({ max: MOST_STATEMENTS });

  constructor(pool: () => Promise<ClientPool>) {
    this.#pool = pool;
  }

  /**
   * Runs `work` in one transaction. What it asks for at once, with `Promise.all`, is sent at once.
   * @throws what `work` throws, or the database: nothing is kept then
   */
  async run<T>(work: (transaction: Sql) => Promise<T>): Promise<T> {
    const client = await (await this.#pool()).connect();
    let usable = false;
    try {
      const begun = client.query({ text: BEGIN });
      const result = await afterBoth(work(this.#over(client)), begun);
      const { command } = await client.query({ text: 'commit' });
      // a transaction of which a statement failed is rolled back without an error
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
      usable = true;
      return result;
    } catch (error) {
      usable = await rolledBack(client, error);
      throw error;
    } finally {
      client.release(!usable);
    }
  }

  /** A Kysely that neither waits between statements nor opens transactions of its own. */
  #over(client: Client): Sql {
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const connection = {
      executeQuery: async ({ sql: text, parameters }: CompiledQuery) => {
        const name = this.#nameOf(text);
        const { rows, command, rowCount } = await client.query({
          text,
          values: parameters,
          ...(name !== undefined && { name }),
        });
        return CHANGING.has(command ?? '') ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
      },
      streamQuery: () => Promise.reject(new Error('not in a transaction')),
    };
    const made: Sql = new Kysely({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => driverOf(connection as never), // it streams nothing
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    });
    this.#connections.set(client, made);
    return made;
  }

  /** A statement that is asked for a second time is prepared; of those that vary there would be no end. */
  #nameOf(text: string): string | undefined {
    if (!isRepeated(text)) return undefined;
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= MOST_STATEMENTS) return name;
    if (this.#seen.has(text)) this.#names.set(text, `mmchat_${this.#names.size}`);
    this.#seen.set(text, true);
    return this.#names.get(text);
  }
}

const nothing = () => Promise.resolve();
const driverOf = (connection: DatabaseConnection): Driver => ({
  init: nothing,
  acquireConnection: () => Promise.resolve(connection),
  releaseConnection: nothing,
  beginTransaction: nothing,
  commitTransaction: nothing,
  rollbackTransaction: nothing,
  destroy: nothing,
});

/** What the work gave, when the transaction has begun too; whichever fails, the other is waited for. */
async function afterBoth<T>(work: Promise<T>, begun: Promise<unknown>): Promise<T> {
  const [worked, began] = await Promise.allSettled([work, begun]);
  if (began.status === 'rejected') throw began.reason;
  if (worked.status === 'rejected') throw worked.reason;
  return worked.value;
}

/** Ends the transaction that an error broke off; whether the connection can be used again. */
async function rolledBack(client: Client, error: unknown): Promise<boolean> {
  const { code } = error as { code?: unknown };
  // a prepared statement whose tables have changed is refused for as long as the connection lives
  if (code === CHANGED_UNDER_PLAN) return false;
  return client.query({ text: 'rollback' }).then(
    () => true,
    () => false,
  );
}
