import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import type { Caller } from '../operation/caller.ts';
import { ChatError } from '../operation/errors.ts';

/** A participant with the columns of user and conversation that operations need. */
export type Participation = {
  conversationId: number;
  userId: number;
  username: string;
  isGroup: boolean;
  isAdmin: boolean;
  lastSeq: number;
  removalSeq: number;
  readSeq: number;
  settled: number;
  rangeCount: number;
  deliveredSeq: number;
};

type Pair = { conversationId: number; userId: number };
const keyOf = ({ conversationId, userId }: Pair) => `${conversationId}:${userId}`;

const findParticipation = new RowStatement<Participation>(
  (row) => `
    select p.conversation_id as "conversationId", p.user_id as "userId", u.username, c.is_group as "isGroup",
      p.is_admin as "isAdmin", c.last_seq as "lastSeq", c.removal_seq as "removalSeq", p.read_seq as "readSeq", p.settled,
      p.range_count as "rangeCount", p.delivered_seq as "deliveredSeq"
    from participants p join conversations c on c.id = p.conversation_id join users u on u.id = p.user_id${row.and}
    where p.conversation_id = ${row.int(0)} and p.user_id = ${row.int(1)}`,
);

/**
 * The condition that a user is in a conversation. It has to be part of the statement that reads: with a separate check, a user
 * who is removed between check and read could get messages newer than the removal.
 */
export const isParticipant = (userId: RawBuilder<unknown> | number, conversationId: RawBuilder<unknown> | number) =>
  sql<SqlBool>`exists (select 1 from participants v where v.conversation_id = ${conversationId} and v.user_id = ${userId})`;

/** The participations of (conversation, user) pairs. */
export class Participations {
  readonly #found: ReadonlyMap<string, Participation>;

  private constructor(rows: readonly Participation[]) {
    this.#found = new Map(rows.map((row) => [keyOf(row), row]));
  }

  static async find({ run }: Queries, pairs: readonly Pair[]): Promise<Participations> {
    if (pairs.length === 0) return new Participations([]);
    const wanted = new Map(pairs.map((pair) => [keyOf(pair), [pair.conversationId, pair.userId]]));
    const rows = await run(findParticipation, [...wanted.values()]);
    return new Participations(
      rows.map((row) => ({ ...row, isGroup: Boolean(row.isGroup), isAdmin: Boolean(row.isAdmin) })),
    );
  }

  get(conversationId: number, userId: number): Participation | undefined {
    return this.#found.get(keyOf({ conversationId, userId }));
  }
}

/**
 * The caller's participation in a conversation. Operations get the conversation through it, so the check cannot be forgotten.
 * @throws ChatError `not_participant`, also for a conversation that does not exist
 */
export async function participationOf(db: Queries, caller: Caller, conversationId: number): Promise<Participation> {
  const pair = { conversationId, userId: caller.userId };
  const found = (await Participations.find(db, [pair])).get(pair.conversationId, pair.userId);
  if (found === undefined) throw new ChatError('not_participant');
  return found;
}
