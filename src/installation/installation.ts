import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';

type Row = { id: string; epoch: string };

/** The identity of the chat in this database, as last read. */
export class Installation {
  /** Part of every channel and key in Redis: several installations may share one. */
  readonly id: string;
  readonly #sql: Sql;
  #epoch: string;

  private constructor(db: Sql, { id, epoch }: Row) {
    this.#sql = db;
    this.id = id;
    this.#epoch = epoch;
  }

  /** Rejects with the error of the database. */
  static async read({ sql: db }: Pick<Database, 'sql'>): Promise<Installation> {
    return new Installation(db, (await find(db)) ?? (await insert(db)));
  }

  /** Changes with each restore: sequence numbers of another epoch are meaningless in this one. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Reads the epoch again. @returns whether it has changed */
  async look(): Promise<boolean> {
    const epoch = (await find(this.#sql))?.epoch ?? this.#epoch;
    const isNew = epoch !== this.#epoch;
    this.#epoch = epoch;
    return isNew;
  }
}

/**
 * To be called after an older state of the database was restored: running nodes detect it within some seconds, and
 * clients drop what they have received since.
 * @param asCopy also changes the id, because the original stays in use; no node may run on the copy at that time
 */
export async function beginEpoch({ sql: db }: Pick<Database, 'sql'>, asCopy = false): Promise<void> {
  if ((await find(db)) === undefined) await insert(db);
  await db.updateTable('installation').set({ epoch: randomUUID() }).execute();
  if (asCopy) await db.updateTable('installation').set({ id: randomUUID() }).execute();
}

async function find(db: Sql): Promise<Row | undefined> {
  return db.selectFrom('installation').select(['id', 'epoch']).executeTakeFirst();
}

/** The migration inserts the row, but a partial restore can lose it. */
async function insert(db: Sql): Promise<Row> {
  await db
    .insertInto('installation')
    .values({ singleton: 1, id: randomUUID(), epoch: randomUUID() })
    .onConflict((conflict) => conflict.column('singleton').doNothing())
    .execute();
  return (await find(db)) as Row; // it exists now
}
