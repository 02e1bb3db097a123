import type { Queries } from '../database/queries.ts';

/** When the conversations were created, in milliseconds since 1970, without those that the user is not in. @param ids at most 500 */
export async function creationTimes(
  { sql: db }: Pick<Queries, 'sql'>,
  userId: number,
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('participants as p')
    .innerJoin('conversations as c', 'c.id', 'p.conversation_id')
    .select(['c.id', 'c.created_at as createdAt'])
    .where('p.user_id', '=', userId)
    .where('p.conversation_id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, createdAt }) => [id, createdAt]));
}
