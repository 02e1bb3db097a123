import { sql } from 'kysely';
import { type Participation, Participations } from '../conversations/participation.ts';
import type { Queries } from '../database.ts';
import { ChatError } from '../errors.ts';
import type { Caller } from '../operation.ts';
import { type StoredMessage, selectMessages } from './message-rows.ts';

/** Stored messages by their ids, in no order. */
async function messagesById({ sql: db }: Queries, ids: readonly number[]): Promise<StoredMessage[]> {
  const { rows } = await sql<StoredMessage>`${selectMessages} where m.id in (${sql.join(ids)})`.execute(db);
  return rows;
}

/**
 * Finds messages through the caller's participations in their conversations.
 * @throws ChatError `unknown_message` or `not_participant` if that holds for any of them
 */
export async function messagesOf(db: Queries, caller: Caller, ids: readonly number[]): Promise<StoredMessage[]> {
  const wanted = new Set(ids);
  const found = await messagesById(db, [...wanted]);
  if (found.length < wanted.size) throw new ChatError('unknown_message');
  const userId = caller.userId;
  const participations = await Participations.find(
    db,
    found.map(({ conversationId }) => ({ conversationId, userId })),
  );
  if (found.some(({ conversationId }) => participations.get(conversationId, userId) === undefined)) {
    throw new ChatError('not_participant');
  }
  return found;
}

/** One message and the caller's participation in its conversation. */
export async function messageOf(db: Queries, caller: Caller, id: number): Promise<[StoredMessage, Participation]> {
  const [message] = await messagesById(db, [id]);
  if (message === undefined) throw new ChatError('unknown_message');
  const pair = { conversationId: message.conversationId, userId: caller.userId };
  const participation = (await Participations.find(db, [pair])).get(pair.conversationId, pair.userId);
  if (participation === undefined) throw new ChatError('not_participant');
  return [message, participation];
}
