import { sql } from 'kysely';
import type { Sql } from '../database.ts';

export type FoundUser = { id: number; username: string; profilePicture: string; lastSeen: number };

/** The users among the given ids, at most 5,000, that exist, in no order. */
export async function findUsers(db: Sql, ids: readonly number[]): Promise<FoundUser[]> {
  const { rows } = await sql<FoundUser>`
    select id, username, profile_picture as "profilePicture", last_seen as "lastSeen"
    from users where id in (${sql.join(ids)})`.execute(db);
  return rows;
}

/** Which of the given ids, at most 5,000, are those of users. */
export async function existingUsers(db: Sql, ids: readonly number[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`select id from users where id in (${sql.join(ids)})`.execute(db);
  return new Set(rows.map(({ id }) => id));
}
