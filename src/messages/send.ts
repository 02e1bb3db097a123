import { sql } from 'kysely';
import { object } from 'yup';
import { type Batch, int8At, type LockedConversation } from '../conversations/batch.ts';
import type { Change, Outcome } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import { toConversation } from '../effects.ts';
import { idOfConversation, required, text, visibleText } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { messageFields, type StoredMessage, selectMessages } from './message-rows.ts';
import { keyOf, type NewMessage, Numbering, type OwnMessages, placeOf, type Send, type Sent } from './numbering.ts';

const CONTENT_CHARACTERS = 4096;
const CLIENT_MESSAGE_ID_CHARACTERS = 64;

export const messageContent = (example = 'Let’s meet up at 5 PM.') =>
  visibleText(1, CONTENT_CHARACTERS).required(required).meta({ description: 'The text of the message.', example });

/** Sends a message, once for ever per `client_message_id` of its sender. */
export const sendMessage = operation({
  limit: 'send',
  input: object({
    conversation_id: idOfConversation(),
    content: messageContent(),
    client_message_id: text(1, CLIENT_MESSAGE_ID_CHARACTERS).meta({
      description: 'An id of your own: a message that is sent again with it is not made again.',
      example: 'c0ffee-1',
    }),
  }),
  run: (input, caller, { changes }, { connection }) =>
    changes.submit(sending, {
      senderId: caller.userId,
      conversationId: input.conversation_id,
      content: input.content,
      clientMessageId: input.client_message_id ?? null,
      connection,
    }),
});

const sending: Change<Send, Result> = {
  locks: ({ conversationId }) => [conversationId],
  async run(batch, sends) {
    const [earlier, members] = await Promise.all([findEarlier(batch, sends), findSenders(batch, sends)]);
    const numbered = new Numbering(batch, earlier);
    const drafts = sends.map((send) =>
      numbered.number(send, members.get(send.conversationId, send.senderId)?.username),
    );
    const [made] = await Promise.all([insertMessages(batch, numbered.rows), settleOwn(batch, numbered.senders())]);
    return sends.map((send, index) => outcomeOf(batch, send, drafts[index]?.(made) as Sent));
  },
};

function outcomeOf(batch: Batch, send: Send, sent: Sent): Outcome<Result> {
  if ('refused' in sent) return sent;
  if ('repeated' in sent) return { answer: messageFields(sent.repeated) };
  const payload = messageFields(sent.made);
  const room = batch.conversation(send.conversationId) as LockedConversation; // or it would have been refused
  return { answer: payload, effects: [toConversation(room, { type: 'message', payload }, send.connection)] };
}

/** Messages that were sent before under the same client ids. */
async function findEarlier(batch: Batch, sends: readonly Send[]): Promise<Map<string, StoredMessage>> {
  const pairs = sends.flatMap(({ senderId, clientMessageId }) =>
    clientMessageId === null ? [] : [[senderId, clientMessageId]],
  );
  if (pairs.length === 0) return new Map();
  const { rows } = await sql<StoredMessage>`
    ${selectMessages} where (m.sender_id, m.client_message_id) in (
      select ${int8At(0)}, value ->> 1 from ${batch.each(pairs)}
    )`.execute(batch.sql);
  return new Map(rows.map((row) => [keyOf(row.senderId, row.clientMessageId ?? ''), row]));
}

const findSenders = (batch: Batch, sends: readonly Send[]) =>
  Participations.find(
    batch,
    sends.map(({ conversationId, senderId: userId }) => ({ conversationId, userId })),
  );

async function insertMessages(batch: Batch, rows: readonly NewMessage[]): Promise<Map<string, StoredMessage>> {
  if (rows.length === 0) return new Map();
  const values = rows.map(({ conversationId, senderId, seq, content, clientMessageId, createdAt }) => [
    conversationId,
    senderId,
    seq,
    content,
    clientMessageId,
    createdAt,
  ]);
  const inserted = await sql<{ id: number; conversationId: number; seq: number }>`
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, client_message_id, created_at)
    select ${int8At(0)}, ${int8At(1)}, ${int8At(2)}, ${int8At(2)}, value ->> 3, value ->> 4, ${int8At(5)}
    from ${batch.each(values)} where true order by key returning id, conversation_id as "conversationId", seq`.execute(
    batch.sql,
  );
  const ids = new Map(inserted.rows.map((row) => [placeOf(row), row.id]));
  const made = rows.map((row) => ({ ...row, id: ids.get(placeOf(row)) as number }));
  for (const { conversationId, id } of made) {
    const conversation = batch.conversation(conversationId);
    if (conversation !== undefined) conversation.lastMessageId = id;
  }
  return new Map(made.map((row) => [placeOf(row), row]));
}

/**
 * One's own messages never count as unread. Who had nothing unread before them also moves the watermark on, so that in
 * an active conversation reading leaves no islands.
 */
async function settleOwn(batch: Batch, senders: readonly OwnMessages[]): Promise<void> {
  if (senders.length === 0) return;
  const rows = senders.map((own) => [own.conversationId, own.senderId, own.count, own.countBefore, own.lastOfFirstRun]);
  await sql`
    update participants set settled = settled + v.count,
      read_seq = case when settled = v.count_before and range_count = 0 then v.last_of_first_run else read_seq end
    from (
      select ${int8At(0)} as conversation_id, ${int8At(1)} as user_id, ${int8At(2)} as count, ${int8At(3)} as count_before,
        ${int8At(4)} as last_of_first_run
      from ${batch.each(rows)}
    ) as v
    where participants.conversation_id = v.conversation_id and participants.user_id = v.user_id`.execute(batch.sql);
}
