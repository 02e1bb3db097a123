import type { CompiledQuery } from 'kysely';
import { LRUCache } from 'lru-cache';
import { borrowed } from './borrowed-connection.ts';
import type { Queries } from './database.ts';
import type { RunEach } from './each-row.ts';
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
  async run<T>(work: (transaction: Queries) => Promise<T>): Promise<T> {
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

  #over(client: Client): Queries {
    const known = this.#connections.get(client);
    if (known !== undefined) return known;
    const execute = async ({ sql: text, parameters }: CompiledQuery) => {
      const { rows, command, rowCount } = await client.query(this.#named(text, parameters));
      return CHANGING.has(command ?? '') ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
    };
    const run: RunEach = async ({ together }, rows) =>
      rows.length === 0 ? [] : (await client.query(this.#named(together, [JSON.stringify(rows)]))).rows;
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
