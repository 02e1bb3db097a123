import { sql } from 'kysely';
import type { Sql } from '../database.ts';

export type FoundUser = { id: number; username: string; profilePicture: string; lastSeen: number };

const MOST_PARAMETERS = 10_000;

/** The users among the given ids that exist, in no order. */
export async function findUsers(db: Sql, ids: readonly number[]): Promise<FoundUser[]> {
  const found: FoundUser[] = [];
  for (let start = 0; start < ids.length; start += MOST_PARAMETERS) {
    const some = ids.slice(start, start + MOST_PARAMETERS);
    const { rows } = await sql<FoundUser>`
      select id, username, profile_picture as "profilePicture", last_seen as "lastSeen"
      from users where id in (${sql.join(some)})`.execute(db);
    found.push(...rows);
  }
  return found;
}
