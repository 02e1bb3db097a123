import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';

/** A name stays reserved for this long after its user gave it up, so that nobody can impersonate them. */
const RESERVED_MS = 30 * 86_400_000;
/** The newest ones are kept. Without a limit one user could take all names. */
const MAX_FORMER_NAMES_PER_USER = 10;

/**
 * Whether a name is reserved for another user, who gave it up recently. A transaction that assigns a name calls this
 * after writing it: a user who gives it up concurrently has committed by then.
 * @param userId the user who is to get the name; 0 for a new user
 * @param now milliseconds since 1970
 */
export async function isReservedForOther(db: Sql, usernameKey: string, userId: number, now: number): Promise<boolean> {
  const reservation = await db
    .selectFrom('left_usernames')
    .select('user_id')
    .where('username_key', '=', usernameKey)
    .where('user_id', '<>', userId)
    .where('until', '>', now)
    .executeTakeFirst();
  return reservation !== undefined;
}

/**
 * Reserves the name that a user gives up, inside the transaction that assigns them another.
 * @param now milliseconds since 1970
 */
export async function reserveFormerName(
  transaction: Sql,
  userId: number,
  formerKey: string,
  now: number,
): Promise<void> {
  const until = now + RESERVED_MS;
  await transaction
    .insertInto('left_usernames')
    .values({ username_key: formerKey, user_id: userId, until })
    .onConflict((conflict) =>
      conflict.column('username_key').doUpdateSet(({ ref }) => ({
        user_id: ref('excluded.user_id'),
        until: ref('excluded.until'),
      })),
    )
    .execute();
  await sql`
    delete from left_usernames where user_id = ${userId} and username_key in (
      select username_key from (
        select username_key, row_number() over (order by until desc) as nth
        from left_usernames where user_id = ${userId} and username_key <> ${formerKey}
      ) earlier where nth >= ${MAX_FORMER_NAMES_PER_USER}
    )`.execute(transaction);
}

/** Deletes expired reservations. */
export async function sweepFormerNames({ sql: db, moment }: Pick<Database, 'sql' | 'moment'>): Promise<void> {
  await db.deleteFrom('left_usernames').where('until', '<', moment).execute();
}
