import { sql } from 'kysely';
import type { DatabaseConfig } from '../../config/database-url.ts';
import type { Database } from '../../database/database.ts';
import type { Queries } from '../../database/queries.ts';
import { StartError } from '../../database/start-error.ts';
import { openDatabase } from '../../server/open-database.ts';

const FILLED = ['users', 'conversations', 'messages'] as const;
/** While the source is read or rows are sorted, the transaction is idle; and no statement is given up. */
const PATIENT = ['idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout'];

/** An empty database of this server that no server uses. */
export type Target = {
  readonly kind: Database['kind'];
  /**
   * Runs `work` in one transaction: an import that fails or is interrupted leaves nothing.
   * @throws StartError if a server started on the database meanwhile
   */
  fill<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** @throws StartError if the database is not empty, in use, or cannot be used */
export async function openTarget(config: DatabaseConfig): Promise<Target> {
  const database = await openDatabase(config);
  const lock = database.lock(false);
  try {
    if (lock !== undefined && !(await lock.take()))
      throw new StartError('a server uses the database of DATABASE_URL. Stop it, and start the import again.');
    await refuseRows(database);
  } catch (error) {
    await lock?.release();
    await database.close();
    throw error;
  }
  return {
    kind: database.kind,
    fill: (work) =>
      database.transaction(async (queries) => {
        if (database.kind === 'postgresql')
          for (const name of PATIENT) await sql`set local ${sql.raw(name)} = 0`.execute(queries.sql);
        const result = await work(queries);
        if (lock !== undefined && !(await lock.isHeld()))
          throw new StartError('the lock on the database was lost. Nothing was kept: start the import again.');
        return result;
      }),
    async close() {
      await lock?.release();
      await database.close();
    },
  };
}

async function refuseRows({ sql: db }: Database): Promise<void> {
  for (const table of FILLED)
    if ((await db.selectFrom(table).select('id').limit(sql.lit(1)).executeTakeFirst()) !== undefined)
      throw new StartError(
        `the database of DATABASE_URL is not empty: it has ${table}. Nothing was changed. Name an empty one.`,
      );
}

/** Makes the next ids higher than all that were ever used. */
export async function raiseNextIds(
  { sql: db }: Queries,
  kind: Database['kind'],
  highest: ReadonlyMap<string, number>,
): Promise<void> {
  for (const table of FILLED) {
    const { rows } = await sql<{ id: number | null }>`select max(id) as id from ${sql.table(table)}`.execute(db);
    const last = Math.max(Number(rows[0]?.id ?? 0), highest.get(table) ?? 0);
    if (last === 0) continue;
    if (kind === 'postgresql')
      await sql`select setval(pg_get_serial_sequence(${table}, 'id'), cast(${last} as bigint))`.execute(db);
    else {
      await sql`delete from sqlite_sequence where name = ${table}`.execute(db);
      await sql`insert into sqlite_sequence (name, seq) values (${table}, ${last})`.execute(db);
    }
  }
}

/** PostgreSQL plans its statements by the numbers of rows, and would collect these only after some minutes. */
export async function collectStatistics({ sql: db }: Queries, kind: Database['kind']): Promise<void> {
  if (kind === 'postgresql')
    await sql`analyze users, conversations, participants, messages, read_ranges, username_pieces`.execute(db);
}
