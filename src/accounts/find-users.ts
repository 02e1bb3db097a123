import { sql } from 'kysely';
import type { Queries, Sql } from '../database.ts';
import { EachRow } from '../each-row.ts';

export type FoundUser = { id: number; username: string; profilePicture: string; lastSeen: number };

/** The users among the given ids, at most 5,000, that exist, in no order. */
export async function findUsers(db: Sql, ids: readonly number[]): Promise<FoundUser[]> {
  const { rows } = await sql<FoundUser>`
    select id, username, profile_picture as "profilePicture", last_seen as "lastSeen"
    from users where id in (${sql.join(ids)})`.execute(db);
  return rows;
}

const findId = new EachRow<{ id: number }>((row) => `select u.id from users u${row.and} where u.id = ${row.int(0)}`);

/** Which of the given ids are those of users. */
export async function existingUsers({ run }: Queries, ids: readonly number[]): Promise<Set<number>> {
  const rows = await run(
    findId,
    ids.map((id) => [id]),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whose account an address belongs to, with the address as it is stored: letters go there, not to what somebody typed. */
export async function findByEmail(
  db: Sql,
  emailKey: string,
): Promise<{ id: number; username: string; email: string } | undefined> {
  const { rows } = await sql<{ id: number; username: string; email: string }>`
    select id, username, email from users where email_key = ${emailKey}`.execute(db);
  return rows[0];
}
