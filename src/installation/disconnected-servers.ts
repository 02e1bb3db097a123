import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Conditions } from '../monitoring/conditions.ts';
import { COUNT_SHARING } from './postgresql-lock.ts';

/** The nodes that are connected through Redis. */
type ConnectedNodes = { readonly isHealthy: boolean; readonly nodes: number };

/** A server that starts or has just crashed may hold the lock for a while without being connected. */
const FOR_MS = 20_000;

/**
 * Compares the number of servers on the database with the number of connected nodes: a server may use another Redis.
 */
export class DisconnectedServers {
  readonly #database: Pick<Database, 'sql'>;
  readonly #conditions: Conditions;
  readonly #forMs: number;
  #since: number | undefined;

  constructor(database: Pick<Database, 'sql'>, conditions: Conditions, forMs = FOR_MS) {
    this.#database = database;
    this.#conditions = conditions;
    this.#forMs = forMs;
  }

  /** To be called every few seconds. */
  async check({ isHealthy, nodes }: ConnectedNodes): Promise<void> {
    const count = await this.#count();
    if (count === undefined) return;
    if (count <= nodes || !isHealthy) {
      this.#since = undefined;
      if (count <= nodes) this.#conditions.end('server_not_heard');
      return;
    }
    this.#since ??= performance.now();
    if (performance.now() - this.#since < this.#forMs) return;
    const cause = `${count} servers use this database, but only ${nodes} of them, including this one, are connected through Redis`;
    this.#conditions.begin('server_not_heard', { cause });
  }

  /** @returns undefined while the database is unreachable, which has its own condition */
  async #count(): Promise<number | undefined> {
    const result = sql<{ count: number }>`${sql.raw(COUNT_SHARING)}`.execute(this.#database.sql);
    return result.then(
      ({ rows }) => rows[0]?.count,
      () => undefined,
    );
  }
}
