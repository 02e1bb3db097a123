import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { withDatabase } from '../accounts/requests.ts';
import type { TestApp } from '../support/app.ts';

/** The PostgreSQL advisory lock that blocks the queries of `makeHoldable`. */
const LOCK = 42;
/** The query that a connection awaits before it is open. */
export const CONVERSATIONS_OF_A_USER = '%select user_id as "userId", conversation_id as id from participants%';

/** Makes queries of a table with a matching text block after they have begun, so that their result is stale. */
export async function makeHoldable(app: TestApp, table: string, like: string): Promise<void> {
  const statements = [
    sql`
      create function held_up() returns boolean language plpgsql as $$
        begin
          if current_query() like ${sql.lit(like)} then perform pg_advisory_xact_lock_shared(${sql.lit(LOCK)}); end if;
          return true;
        end $$`,
    sql`alter table ${sql.table(table)} rename to as_it_is`,
    sql`create view ${sql.table(table)} as select * from as_it_is where held_up()`,
  ];
  await withDatabase(app, async ({ sql: db }) => {
    for (const statement of statements) await statement.execute(db);
  });
}

/** Starts something, and changes something else while the query that it needs is blocked. */
export function meanwhile<T>(
  app: TestApp,
  begin: () => Promise<T>,
  change: () => Promise<unknown>,
): Promise<{ begun: Promise<T> }> {
  const waiting = sql`select from pg_locks where locktype = 'advisory' and objid = ${sql.lit(LOCK)} and not granted`;
  return withDatabase(app, (database) =>
    database.transaction(async ({ sql: db }) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(db);
      const begun = begin();
      while ((await waiting.execute(db)).rows.length === 0) await setImmediate();
      await change();
      return { begun }; // not awaited: it continues when this transaction ends
    }),
  );
}
