import { sql } from 'kysely';
import { type Participation, Participations } from '../conversations/participation.ts';
import type { Queries } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import type { Caller } from '../operation/caller.ts';
import { ChatError } from '../operation/errors.ts';
import { type StoredMessage, selectMessages } from './message-presenter.ts';

const findConversation = new RowStatement<{ conversationId: number }>(
  (row) => `
    select m.conversation_id as "conversationId" from messages m
      join participants p on p.conversation_id = m.conversation_id${row.and}
    where m.id = ${row.int(0)} and p.user_id = ${row.int(1)}`,
);

/** The conversations of the messages that each user may see. A message never moves to another conversation. */
export async function findConversationIds(
  { run }: Queries,
  wanted: readonly { userId: number; messageId: number }[],
): Promise<number[]> {
  const rows = await run(
    findConversation,
    wanted.map(({ messageId, userId }) => [messageId, userId]),
  );
  return rows.map(({ conversationId }) => conversationId);
}

async function messageById({ sql: db }: Queries, id: number): Promise<StoredMessage | undefined> {
  const { rows } = await sql<StoredMessage>`${selectMessages} where m.id = ${id}`.execute(db);
  return rows[0];
}

/**
 * A message and the caller's participation in its conversation.
 * @throws ChatError `unknown_message` or `not_participant`
 */
export async function findMessageFor(db: Queries, caller: Caller, id: number): Promise<[StoredMessage, Participation]> {
  const message = await messageById(db, id);
  if (message === undefined) throw new ChatError('unknown_message');
  const pair = { conversationId: message.conversationId, userId: caller.userId };
  const participation = (await Participations.find(db, [pair])).get(pair.conversationId, pair.userId);
  if (participation === undefined) throw new ChatError('not_participant');
  return [message, participation];
}
