import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { toConversation } from '../delivery/effects.ts';
import { EVENT_FIELDS } from '../delivery/event-fields.ts';
import { ChatError } from '../operation/errors.ts';
import { idOfMessage } from '../operation/inputs.ts';
import { type Call, change } from '../operation/operation.ts';
import { timeOf } from '../time.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';
import { findConversationIds, findMessageFor } from './find-message.ts';
import type { StoredMessage } from './message-presenter.ts';
import { messageContent } from './send.ts';

const ERRORS = ['unknown_message', 'not_participant', 'not_sender'] as const;

/** Changes the text of the caller's own message. */
export const editMessage = change('edit_message', {
  http: 'PATCH /api/messages/:message_id',
  summary: 'Change the text of your message',
  details:
    'The message keeps its place and its number; `edited_at` is the time of the change. Only its sender may edit it.',
  input: { message_id: idOfMessage(), content: messageContent('Updated message content.') },
  result: EVENT_FIELDS.edited_message,
  errors: ERRORS,
  locate,
  async run(batch, { message_id: messageId, content }, caller) {
    const [message] = await findMessageFor(batch, caller, messageId);
    if (message.senderId !== caller.userId || message.event !== null) throw new ChatError('not_sender');
    if (message.deletedAt !== null) throw new ChatError('unknown_message');
    const conversation = lockedConversation(batch, message.conversationId);
    const seq = await update(batch, conversation, messageId, sql`content = ${content}, edited_at = ${batch.now}`);
    const fields = { conversation_id: message.conversationId, message_id: messageId, seq };
    const payload = { ...fields, sender_id: message.senderId, content, edited_at: timeOf(batch.now) };
    return { answer: payload, effects: [toConversation(conversation, { type: 'edited_message', payload })] };
  },
});

/** Deletes the text of a message, for its sender or a group admin. The message keeps its place in the history. */
export const deleteMessage = change('delete_message', {
  http: 'DELETE /api/messages/:message_id',
  summary: 'Delete a message (its sender and group admins only)',
  details: 'The message keeps its place in the history, without its text.',
  input: { message_id: idOfMessage() },
  result: EVENT_FIELDS.deleted_message,
  errors: ERRORS,
  locate,
  async run(batch, { message_id: messageId }, caller) {
    const [message, participation] = await findMessageFor(batch, caller, messageId);
    const isAllowed = message.senderId === caller.userId || (participation.isGroup && participation.isAdmin);
    if (!isAllowed || message.event !== null) throw new ChatError('not_sender');
    const fields = { conversation_id: message.conversationId, message_id: messageId };
    if (message.deletedAt !== null) {
      const deletedBy = message.subjectId ?? message.senderId; // the first versions did not store it
      const deletion = { seq: message.changedSeq, sender_id: deletedBy, deleted_at: timeOf(message.deletedAt) };
      return { answer: { ...fields, ...deletion } };
    }
    const conversation = lockedConversation(batch, message.conversationId);
    const seq = await update(
      batch,
      conversation,
      messageId,
      sql`content = '', deleted_at = ${batch.now}, subject_id = ${caller.userId}`,
    );
    await settleUnread(batch, message);
    const payload = { ...fields, seq, sender_id: caller.userId, deleted_at: timeOf(batch.now) };
    return { answer: payload, effects: [toConversation(conversation, { type: 'deleted_message', payload })] };
  },
});

function locate(queries: Queries, calls: readonly Call<{ message_id: number }>[]): Promise<number[]> {
  return findConversationIds(
    queries,
    calls.map(({ input, caller: { userId } }) => ({ userId, messageId: input.message_id })),
  );
}

type Set = ReturnType<typeof sql>;

async function update(batch: Batch, conversation: LockedConversation, messageId: number, set: Set): Promise<number> {
  const seq = batch.nextSeq(conversation);
  await sql`update messages set ${set}, changed_seq = ${seq} where id = ${messageId}`.execute(batch.sql);
  return seq;
}

/** Counts a deleted message as read for the participants who had not read it. */
async function settleUnread(batch: Batch, { conversationId, senderId, seq }: StoredMessage): Promise<void> {
  await sql`
    update participants set settled = settled + 1
    where conversation_id = ${conversationId} and user_id <> ${senderId} and read_seq < ${seq} and ${seq} > coalesce((
      select r.to_seq from read_ranges r
      where r.conversation_id = participants.conversation_id and r.user_id = participants.user_id and r.from_seq <= ${seq}
      order by r.from_seq desc limit 1
    ), 0)`.execute(batch.sql);
}

function lockedConversation(batch: Batch, id: number): LockedConversation {
  const conversation = batch.conversation(id);
  // the message was inserted after the look-up of its conversation: the caller cannot know its id yet
  if (conversation === undefined) throw new ChatError('unknown_message');
  return conversation;
}
