import { type Effect, toConversation } from '../delivery/effects.ts';
import type { SystemEvent } from '../protocol.ts';
import { timeOf } from '../time.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';

export type Person = { id: number; username: string };
type ConversationEvent = { event: SystemEvent; actor: Person; subject?: Person; content: string; name?: string };

/**
 * Stores an event of a conversation as a system message under the next `seq`. Participants receive it as that message and as a
 * `conversation_update`.
 */
export async function recordSystemMessage(
  batch: Batch,
  conversation: LockedConversation,
  { event, actor, subject, content, name }: ConversationEvent,
): Promise<{ seq: number; effects: Effect[]; update: ConversationUpdate }> {
  const seq = batch.nextSeq(conversation);
  if (event === 'removed_from_conversation') conversation.removalSeq = seq;
  const { id } = await batch.sql
    .insertInto('messages')
    .values({
      conversation_id: conversation.id,
      sender_id: actor.id,
      seq,
      changed_seq: seq,
      content,
      created_at: batch.now,
      event,
      subject_id: subject?.id ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
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
    ...conversationUpdate(conversation.id, seq, actor.id, event, batch.now, subject?.id),
    ...(name !== undefined && { name }),
  };
  const effects = [
    toConversation(conversation, { type: 'system_message', payload: message }),
    toConversation(conversation, { type: 'conversation_update', payload: update }),
  ];
  return { seq, effects, update };
}

export type ConversationUpdate = ReturnType<typeof conversationUpdate>;

/** The payload of a `conversation_update`. */
export const conversationUpdate = (
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
