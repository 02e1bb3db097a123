import type { CompiledQuery } from 'kysely';
import { LRUCache } from 'lru-cache';
import { borrowed } from './borrowed-connection.ts';
import type { Queries, Transacted } from './database.ts';
import type { RunEach } from './each-row.ts';
import { isRepeated, MOST_STATEMENTS } from './prepared-statements.ts';

type Statement = { text: string; values?: readonly unknown[]; name?: string };
type Answer = { rows: never[]; command?: string; rowCount: number | null };
/** A connection of the `pg` driver that is set to send a statement without waiting for the one before it. */
type Client = {
  query(statement: Statement): Promise<Answer>;
  release(destroy?: boolean): void;
  /** Not in its types: where it writes to. */
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
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
  readonly #connections = new WeakMap<Client, Queries>();
  readonly #names = new Map<string, string>();
  readonly #seen = new LRUCache<string, true>({ max: MOST_STATEMENTS });

  constructor(pool: () => Promise<ClientPool>) {
    this.#pool = pool;
  }

  /**
   * Runs `work` in one transaction. What it asks for at once, with `Promise.all`, is sent at once.
   * @throws what `work` throws, or the database: nothing is kept then
   */
  async run<T>(work: Transacted<T>): Promise<T> {
    const client = await (await this.#pool()).connect();
    let usable = false;
    let writes: Promise<unknown> | undefined;
    try {
      const begun = query(client, { text: BEGIN });
      const working = work(this.#over(client), (last) => {
        writes = last;
      });
      const result = await afterBoth(working, begun);
      // a transaction of which a statement failed is rolled back without an error
      const { command } = await afterBoth(query(client, { text: 'commit' }), writes);
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

  #over(client: Client): Queries {
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const execute = async ({ sql: text, parameters }: CompiledQuery) => {
      const { rows, command, rowCount } = await query(client, this.#named(text, parameters));
      return CHANGING.has(command ?? '') ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
    };
    const run: RunEach = async ({ together }, rows) =>
      rows.length === 0 ? [] : (await query(client, this.#named(together, [JSON.stringify(rows)]))).rows;
    const made: Queries = { sql: borrowed('postgresql', execute), run };
    this.#connections.set(client, made);
    return made;
  }

  #named(text: string, values: readonly unknown[]) {
    const name = this.#nameOf(text);
    return { text, values, ...(name !== undefined && { name }) };
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

/** What comes of it, when what went before it has succeeded; whichever fails, the other is waited for. */
async function afterBoth<T>(result: Promise<T>, before: Promise<unknown> | undefined): Promise<T> {
  const [came, went] = await Promise.allSettled([result, before]);
  if (went.status === 'rejected') throw went.reason;
  if (came.status === 'rejected') throw came.reason;
  return came.value;
}

/** Sends a statement, together with all others of the connection that are asked for before anything else happens. */
function query(client: Client, statement: Statement): Promise<Answer> {
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  return client.query(statement);
}

/** Ends the transaction that an error broke off; whether the connection can be used again. */
async function rolledBack(client: Client, error: unknown): Promise<boolean> {
  const { code } = error as { code?: unknown };
  // a prepared statement whose tables have changed is refused for as long as the connection lives
  if (code === CHANGED_UNDER_PLAN) return false;
  return query(client, { text: 'rollback' }).then(
    () => true,
    () => false,
  );
}
