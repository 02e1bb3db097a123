import { sql } from 'kysely';
import { type Effect, toConversation } from '../effects.ts';
import type { SystemEvent } from '../protocol.ts';
import { timeOf } from '../time.ts';
import type { Batch, LockedConversation } from './batch.ts';

export type Person = { id: number; username: string };
type Happening = { event: SystemEvent; actor: Person; subject?: Person; content: string; name?: string };

/**
 * Writes down what happened to a conversation: one number, kept in the history as a system message and told to everyone
 * in it, as that message and as a `conversation_update`.
 */
export async function record(
  batch: Batch,
  conversation: LockedConversation,
  { event, actor, subject, content, name }: Happening,
): Promise<{ seq: number; effects: Effect[]; update: UpdatePayload }> {
  const seq = batch.nextSeq(conversation);
  if (event === 'removed_from_conversation') conversation.removalSeq = seq;
  const { rows } = await sql<{ id: number }>`
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, created_at, event, subject_id)
    values (${conversation.id}, ${actor.id}, ${seq}, ${seq}, ${content}, ${batch.now}, ${event}, ${subject?.id ?? null})
    returning id`.execute(batch.sql);
  const id = rows[0]?.id ?? 0;
  conversation.lastMessageSeq = seq;
  conversation.activityAt = batch.now;
  const message = {
    conversation_id: conversation.id,
    message_id: id,
    seq,
    sender_id: actor.id,
    sender_username: actor.username,
    content,
    created_at: timeOf(batch.now),
    event,
    user_id: subject?.id ?? null,
  };
  const update = {
    ...updateOf(conversation.id, seq, actor.id, event, batch.now, subject?.id),
    ...(name !== undefined && { name }),
  };
  const effects = [
    toConversation(conversation, { type: 'system_message', payload: message }),
    toConversation(conversation, { type: 'conversation_update', payload: update }),
  ];
  return { seq, effects, update };
}

export type UpdatePayload = ReturnType<typeof updateOf>;

/** The payload of a `conversation_update`. */
export const updateOf = (
  conversationId: number,
  seq: number,
  actorId: number,
  content: SystemEvent | 'new_conversation',
  at: number,
  subjectId?: number,
) => ({
  conversation_id: conversationId,
  seq,
  sender_id: actorId,
  content,
  ...(subjectId !== undefined && { user_id: subjectId }),
  created_at: timeOf(at),
});
