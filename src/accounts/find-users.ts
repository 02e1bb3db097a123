import type { Queries, Sql } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';

export type FoundUser = { id: number; username: string; profilePicture: string; lastSeen: number };

/** The existing users among at most 5,000 ids, in no particular order. */
export function findUsers(db: Sql, ids: readonly number[]): Promise<FoundUser[]> {
  return db
    .selectFrom('users')
    .select(['id', 'username', 'profile_picture as profilePicture', 'last_seen as lastSeen'])
    .where('id', 'in', ids)
    .execute();
}

const findId = new RowStatement<{ id: number }>(
  (row) => `select u.id from users u${row.and} where u.id = ${row.int(0)}`,
);

/** Those of the given ids that belong to users. */
export async function existingUsers({ run }: Queries, ids: readonly number[]): Promise<Set<number>> {
  const rows = await run(
    findId,
    ids.map((id) => [id]),
  );
  return new Set(rows.map(({ id }) => id));
}

/** The user with an e-mail address, and the address as stored: e-mails go there, not to the spelling in the request. */
export const findByEmail = (db: Sql, emailKey: string) =>
  db.selectFrom('users').select(['id', 'username', 'email']).where('email_key', '=', emailKey).executeTakeFirst();
