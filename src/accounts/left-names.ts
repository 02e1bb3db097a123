import { sql } from 'kysely';
import type { Sql } from '../database.ts';

/** So long a name that somebody has left stays theirs: nobody can pass for them meanwhile. */
const RESERVED_MS = 30 * 86_400_000;
/** A user's newest left names; without a bound one user could take all names there are. */
const MAX_LEFT_NAMES_PER_USER = 10;

/**
 * Whether a name was left by somebody else lately. Where a name is given, to be asked in the same transaction after it was
 * written: whoever leaves it at the same time has committed then.
 * @param userId who wants the name; 0 for somebody new
 */
export async function isLeftByOther(db: Sql, usernameKey: string, userId: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from left_usernames
    where username_key = ${usernameKey} and user_id <> ${userId} and until > ${Date.now()}`.execute(db);
  return rows.length > 0;
}

/** Keeps the name that a user leaves for them, inside the transaction that gives them another. */
export async function reserveLeftName(transaction: Sql, userId: number, leftKey: string): Promise<void> {
  const until = Date.now() + RESERVED_MS;
  await sql`
    insert into left_usernames (username_key, user_id, until) values (${leftKey}, ${userId}, ${until})
    on conflict (username_key) do update set user_id = excluded.user_id, until = excluded.until`.execute(transaction);
  await sql`
    delete from left_usernames where user_id = ${userId} and username_key in (
      select username_key from (
        select username_key, row_number() over (order by until desc) as place
        from left_usernames where user_id = ${userId} and username_key <> ${leftKey}
      ) others where place >= ${MAX_LEFT_NAMES_PER_USER}
    )`.execute(transaction);
}

/** Forgets the names that are free again. */
export async function sweepLeftNames(db: Sql): Promise<void> {
  await sql`delete from left_usernames where until < ${Date.now()}`.execute(db);
}
