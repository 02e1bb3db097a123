import type { Database } from '../database/database.ts';
import { type RowFields, RowStatement } from '../database/statement.ts';

/** How many members of each conversation are read first, then next: usually the first ones decide. */
const ROUNDS = [50, 500, 5_000];
/** Per statement. */
const MAX_ROWS = 20_000;

type Member = { conversationId: number; userId: number };

const members = (row: RowFields) => `
  select conversation_id as "conversationId", user_id as "userId" from participants
  where conversation_id = ${row.int(0)} and user_id > ${row.int(1)} order by user_id limit ${row.int(2)}`;
/** Members of a conversation with ids above a given one, up to a limit. */
const findMembers = new RowStatement<Member>((row) =>
  row.from === '' ? members(row) : `select m.* ${row.from} cross join lateral (${members(row)}) m`,
);

/**
 * Those of the given conversations that have a member who is online. The cost depends on the members that are read, not on
 * how many users are online; of most conversations only the first members are read.
 */
export async function withOnlineMembers(
  database: Pick<Database, 'run'>,
  conversationIds: readonly number[],
  isOnline: (userId: number) => boolean,
): Promise<Set<number>> {
  const found = new Set<number>();
  /** The conversations that are undecided, and up to which user id their members have been read. */
  let open: (readonly [number, number])[] = conversationIds.map((id) => [id, 0]);
  for (const most of ROUNDS) {
    const next: (readonly [number, number])[] = [];
    const atOnce = Math.max(1, Math.floor(MAX_ROWS / most));
    for (let start = 0; start < open.length; start += atOnce) {
      const rows = open.slice(start, start + atOnce).map(([id, after]) => [id, after, most]);
      const byConversation = Map.groupBy(await database.run(findMembers, rows), (row) => row.conversationId);
      for (const [id, some] of byConversation) {
        if (some.some(({ userId }) => isOnline(userId))) found.add(id);
        else if (some.length === most) next.push([id, Math.max(...some.map(({ userId }) => userId))]);
      }
    }
    open = next;
  }
  return found;
}
