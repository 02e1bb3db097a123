import { sql } from 'kysely';
import { type Participation, Participations } from '../conversations/participation.ts';
import type { Queries } from '../database.ts';
import { EachRow } from '../each-row.ts';
import { ChatError } from '../errors.ts';
import type { Caller } from '../operation.ts';
import { type StoredMessage, selectMessages } from './message-rows.ts';

const findConversation = new EachRow<{ conversationId: number }>(
  (row) => `
    select m.conversation_id as "conversationId" from messages m
      join participants p on p.conversation_id = m.conversation_id${row.and}
    where m.id = ${row.int(0)} and p.user_id = ${row.int(1)}`,
);

/** The conversations of messages, among those that each user is in: a message never moves to another one. */
export async function conversationsOf(
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

/** One message and the caller's participation in its conversation. */
export async function messageOf(db: Queries, caller: Caller, id: number): Promise<[StoredMessage, Participation]> {
  const message = await messageById(db, id);
  if (message === undefined) throw new ChatError('unknown_message');
  const pair = { conversationId: message.conversationId, userId: caller.userId };
  const participation = (await Participations.find(db, [pair])).get(pair.conversationId, pair.userId);
  if (participation === undefined) throw new ChatError('not_participant');
  return [message, participation];
}
