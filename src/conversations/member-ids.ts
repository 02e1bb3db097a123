import { sql } from 'kysely';
import type { Database } from '../database/database.ts';

/** Returns a function that reads the user ids of a conversation's members. */
export const memberIdsIn =
  ({ sql: db }: Pick<Database, 'sql'>) =>
  async (conversationId: number): Promise<number[]> => {
    const { rows } = await sql<{ userId: number }>`
      select user_id as "userId" from participants where conversation_id = ${conversationId}`.execute(db);
    return rows.map(({ userId }) => userId);
  };
