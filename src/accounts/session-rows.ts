import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';

/** The next login ends the oldest session. */
export const MAX_SESSIONS_PER_USER = 50;

export type NewSession = { id: string; userId: number; createdAt: number; expiresAt: number };

/**
 * Inserts a session if `passwordHash` is still its user's, in one statement. On PostgreSQL the user's row stays locked
 * until the transaction ends: a concurrent password reset has either changed the hash before, and nothing is inserted,
 * or deletes this session too. SQLite has one writer at a time.
 * @returns whether the session was inserted
 */
export async function insertSession(
  transaction: Sql,
  kind: Database['kind'],
  { id, userId, createdAt, expiresAt }: NewSession,
  passwordHash: string,
): Promise<boolean> {
  const locked = kind === 'postgresql' ? sql`for no key update` : sql``;
  const { rows } = await sql`
    insert into sessions (id, user_id, created_at, expires_at)
    select cast(${id} as varchar(36)), id, cast(${createdAt} as bigint), cast(${expiresAt} as bigint)
    from users where id = ${userId} and password_hash = ${passwordHash} ${locked}
    returning id`.execute(transaction);
  return rows.length > 0;
}

/** Deletes a user's oldest sessions beyond the limit, but not the new one. @returns their ids */
export async function deleteOldest(transaction: Sql, { id, userId }: NewSession): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    delete from sessions where id in (
      select id from (
        select id, row_number() over (order by created_at desc) as place
        from sessions where user_id = ${userId} and id <> ${id}
      ) others where place >= ${MAX_SESSIONS_PER_USER}
    ) returning id`.execute(transaction);
  return rows.map((row) => row.id);
}
