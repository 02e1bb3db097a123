import { Participations } from '../conversations/participation.ts';
import type { Queries } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import { toConversation } from '../delivery/effects.ts';
import { EVENT_FIELDS } from '../delivery/event-fields.ts';
import * as field from '../operation/fields.ts';
import { idOfConversation, required, text, visibleText } from '../operation/inputs.ts';
import { batchChange } from '../operation/operation.ts';
import type { ResultOf } from '../protocol.ts';
import type { Batch } from '../writer/batch.ts';
import type { ChangeResult } from '../writer/change.ts';
import { clientIdKey, type OwnMessages, type Send, type Sent, SeqAssigner } from './assign-seq.ts';
import { messageFields, SELECT_MESSAGES, type StoredMessage } from './message-presenter.ts';

const CONTENT_CHARACTERS = 4096;
const CLIENT_MESSAGE_ID_CHARACTERS = 64;
/** The maximum distance of the watermark behind the sender's own messages: half of `MAX_GAP_SEQS`, so that reading can close it. */
const MAX_WATERMARK_LAG = 1_000;

export const messageContent = (example = 'Let’s meet up at 5 PM.') =>
  visibleText(1, CONTENT_CHARACTERS).required(required).meta({ description: 'The text of the message.', example });

type Found = { earlier: Map<string, StoredMessage>; senders: Participations };

/**
 * Sends a message. A sender's `client_message_id` identifies one message for ever.
 * @throws ChatError `not_participant`, or `client_message_id_reused` for another text or conversation than the first
 */
export const sendMessage = batchChange('message', {
  http: 'POST /api/messages',
  operationId: 'sendMessage',
  summary: 'Send a message',
  details:
    'It is answered once the message is stored durably. With a `client_message_id` it takes effect once: if it is sent again, over any transport and at any later time, it creates no second message and gets the answer of the first, with the current text. With another text, or in another conversation, it is refused.',
  limit: 'send',
  input: {
    conversation_id: idOfConversation(),
    content: messageContent(),
    client_message_id: text(1, CLIENT_MESSAGE_ID_CHARACTERS).meta({
      description: 'An id of your choice: a message that is sent again with the same id is not created again.',
      example: 'c0ffee-1',
    }),
  },
  result: {
    ...EVENT_FIELDS.message,
    sender_id: field.id('You.', 42),
    sender_username: field.text('Your name.', 'alice'),
    content: field.text('The text.', 'Let’s meet up at 5 PM.'),
    edited: field.optional(field.flag('True for a message that was sent again and has been edited since.', true)),
    deleted: field.optional(field.flag('True for a message that was sent again and has been deleted since.', true)),
  },
  errors: ['not_participant', 'client_message_id_reused'],
  sends: true,
  async find(queries, sends): Promise<Found> {
    const [earlier, senders] = await Promise.all([findEarlier(queries, sends), findSenders(queries, sends)]);
    return { earlier, senders };
  },
  async run(batch, sends, { earlier, senders }) {
    const assigner = new SeqAssigner(batch, earlier);
    const sent = sends.map((send) =>
      assigner.assign(send, senders.get(send.input.conversation_id, send.caller.userId)),
    );
    batch.write(insertMessages(batch, assigner.rows));
    batch.write(settleOwn(batch, assigner.own));
    return sent;
  },
  present({ message, conversation }: Sent, { info }): ChangeResult<ResultOf<'message'>> {
    if (conversation === undefined) return { answer: repetitionOf(message) };
    const payload = messageFields(message);
    const effect = toConversation(conversation, { type: 'message', payload }, info.connection);
    return { answer: payload, effects: [effect] };
  },
});

/** The answer of the first send, with the current text, and with a flag if the message has been changed since. */
const repetitionOf = (message: StoredMessage) => ({
  ...messageFields(message),
  ...(message.editedAt !== null && { edited: true }),
  ...(message.deletedAt !== null && { deleted: true }),
});

const findByClientId = new RowStatement<StoredMessage>(
  (row) => `
    ${SELECT_MESSAGES}${row.and} where m.sender_id = ${row.int(0)} and m.client_message_id = ${row.text(1)}`,
);

/** The earlier messages with the same `client_message_id`s. */
async function findEarlier({ run }: Queries, sends: readonly Send[]): Promise<Map<string, StoredMessage>> {
  const pairs = sends.flatMap(({ input: { client_message_id: clientId }, caller }) =>
    clientId === undefined ? [] : [[caller.userId, clientId]],
  );
  const rows = await run(findByClientId, pairs);
  return new Map(rows.map((row) => [clientIdKey(row.senderId, row.clientMessageId ?? ''), row]));
}

const findSenders = (queries: Queries, sends: readonly Send[]) =>
  Participations.find(
    queries,
    sends.map(({ input, caller: { userId } }) => ({ conversationId: input.conversation_id, userId })),
  );

const insertMessage = new RowStatement<{ id: number }>(
  (row) => `
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, client_message_id, created_at)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(2)}, ${row.text(3)}, ${row.text(4)}, ${row.int(5)}
    ${row.from} ${row.inOrder} ${row.returningId}`,
);

/** Inserts the rows in order and sets their ids. */
async function insertMessages(batch: Batch, rows: readonly StoredMessage[]): Promise<void> {
  const values = rows.map(({ conversationId, senderId, seq, content, clientMessageId, createdAt }) => [
    conversationId,
    senderId,
    seq,
    content,
    clientMessageId,
    createdAt,
  ]);
  const inserted = await batch.run(insertMessage, values);
  for (const [index, row] of rows.entries()) {
    row.id = (inserted[index] as { id: number }).id; // one per row
  }
}

/**
 * Counts the senders' own messages as read. The watermark of a sender without unread messages moves too, but only at
 * intervals, because it is in two indexes: reading moves it anyway while the gap is short enough to be searched.
 */
async function settleOwn(batch: Batch, all: readonly OwnMessages[]): Promise<void> {
  const behind = all.filter(
    ({ sender, countBefore, lastOfFirstRun }) =>
      sender.settled === countBefore && sender.rangeCount === 0 && lastOfFirstRun - sender.readSeq > MAX_WATERMARK_LAG,
  );
  await Promise.all([
    batch.run(
      settle,
      all.map(({ sender: { conversationId, userId }, count }) => [conversationId, userId, count]),
    ),
    batch.run(
      moveWatermark,
      behind.map(({ sender: { conversationId, userId }, lastOfFirstRun }) => [conversationId, userId, lastOfFirstRun]),
    ),
  ]);
}

const settle = new RowStatement(
  (row) => `
    update participants set settled = settled + ${row.int(2)} ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);

const moveWatermark = new RowStatement(
  (row) => `
    update participants set read_seq = ${row.int(2)},
      delivered_seq = case when delivered_seq < ${row.int(2)} then ${row.int(2)} else delivered_seq end
    ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);
