import { sql } from 'kysely';
import { object } from 'yup';
import type { Batch, LockedConversation } from '../conversations/batch.ts';
import { single } from '../conversations/single.ts';
import type { Queries } from '../database.ts';
import { toConversation } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { idOfMessage } from '../inputs.ts';
import { type Caller, operation } from '../operation.ts';
import { timeOf } from '../time.ts';
import { conversationsOf, messageOf } from './message-of.ts';
import type { StoredMessage } from './message-rows.ts';
import { messageContent } from './send.ts';

type Edit = { caller: Caller; messageId: number; content: string };
type Deletion = Omit<Edit, 'content'>;

/** Changes the content of one's own message. */
export const editMessage = operation({
  input: object({ message_id: idOfMessage(), content: messageContent('Updated message content.') }),
  run: ({ message_id: messageId, content }, caller, { changes }) =>
    changes.submit(editing, { caller, messageId, content }),
});

/** Takes a message's content away, for its sender or a group's admin; its place in the history stays. */
export const deleteMessage = operation({
  input: object({ message_id: idOfMessage() }),
  run: ({ message_id: messageId }, caller, { changes }) => changes.submit(deleting, { caller, messageId }),
});

/** For items that name the message that they change. */
const named = {
  locate: (queries: Queries, items: readonly Deletion[]) =>
    conversationsOf(
      queries,
      items.map(({ caller: { userId }, messageId }) => ({ userId, messageId })),
    ),
};

const editing = single<Edit>(async (batch, { caller, messageId, content }) => {
  const [message] = await messageOf(batch, caller, messageId);
  if (message.senderId !== caller.userId || message.event !== null) throw new ChatError('not_sender');
  if (message.deletedAt !== null) throw new ChatError('unknown_message');
  const conversation = lockedConversation(batch, message.conversationId);
  const seq = await change(batch, conversation, messageId, sql`content = ${content}, edited_at = ${batch.now}`);
  const fields = { conversation_id: message.conversationId, message_id: messageId, seq };
  const payload = { ...fields, sender_id: message.senderId, content, edited_at: timeOf(batch.now) };
  return { answer: payload, effects: [toConversation(conversation, { type: 'edited_message', payload })] };
}, named);

const deleting = single<Deletion>(async (batch, { caller, messageId }) => {
  const [message, participation] = await messageOf(batch, caller, messageId);
  const allowed = message.senderId === caller.userId || (participation.isGroup && participation.isAdmin);
  if (!allowed || message.event !== null) throw new ChatError('not_sender');
  const fields = { conversation_id: message.conversationId, message_id: messageId };
  if (message.deletedAt !== null) {
    const deletedBy = message.subjectId ?? message.senderId; // it was not noted at first
    const told = { seq: message.changedSeq, sender_id: deletedBy, deleted_at: timeOf(message.deletedAt) };
    return { answer: { ...fields, ...told } };
  }
  const conversation = lockedConversation(batch, message.conversationId);
  const seq = await change(
    batch,
    conversation,
    messageId,
    sql`content = '', deleted_at = ${batch.now}, subject_id = ${caller.userId}`,
  );
  await settleUnread(batch, message);
  const payload = { ...fields, seq, sender_id: caller.userId, deleted_at: timeOf(batch.now) };
  return { answer: payload, effects: [toConversation(conversation, { type: 'deleted_message', payload })] };
}, named);

type Set = ReturnType<typeof sql>;

async function change(batch: Batch, conversation: LockedConversation, messageId: number, set: Set): Promise<number> {
  const seq = batch.nextSeq(conversation);
  await sql`update messages set ${set}, changed_seq = ${seq} where id = ${messageId}`.execute(batch.sql);
  return seq;
}

/** A deleted message has nothing left to read: whoever had not read it is done with it now. */
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
  // the message came to be after the conversations were looked up: nobody can know of it yet
  if (conversation === undefined) throw new ChatError('unknown_message');
  return conversation;
}
