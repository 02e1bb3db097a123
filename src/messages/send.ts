import { object } from 'yup';
import type { Batch, LockedConversation } from '../conversations/batch.ts';
import type { Change, Outcome } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import type { Queries } from '../database.ts';
import { EachRow } from '../each-row.ts';
import { toConversation } from '../effects.ts';
import { idOfConversation, required, text, visibleText } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { messageFields, SELECT_MESSAGES, type StoredMessage } from './message-rows.ts';
import { keyOf, Numbering, type OwnMessages, type Send, type Sent } from './numbering.ts';

const CONTENT_CHARACTERS = 4096;
const CLIENT_MESSAGE_ID_CHARACTERS = 64;
/** So far behind one's own messages the watermark may stay: half of what reading looks into. */
const LONGEST_WAKE = 1_000;

export const messageContent = (example = 'Let’s meet up at 5 PM.') =>
  visibleText(1, CONTENT_CHARACTERS).required(required).meta({ description: 'The text of the message.', example });

/**
 * Sends a message, once for ever per `client_message_id` of its sender.
 * @throws ChatError `not_participant`, or `client_message_id_reused` for another text or conversation than the first
 */
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

type Found = { earlier: Map<string, StoredMessage>; members: Participations };

const sending: Change<Send, Result, Found> = {
  sends: true,
  locks: ({ conversationId }) => [conversationId],
  async find(queries, sends) {
    const [earlier, members] = await Promise.all([findEarlier(queries, sends), findSenders(queries, sends)]);
    return { earlier, members };
  },
  async run(batch, sends, { earlier, members }) {
    const numbered = new Numbering(batch, earlier);
    const sent = sends.map((send) => numbered.number(send, members.get(send.conversationId, send.senderId)));
    batch.write(insertMessages(batch, numbered.rows));
    batch.write(settleOwn(batch, numbered.own));
    // when the messages have their ids
    return sends.map((send, index) => () => outcomeOf(batch, send, sent[index] as Sent)); // there are as many
  },
};

function outcomeOf(batch: Batch, send: Send, sent: Sent): Outcome<Result> {
  if ('refused' in sent) return sent;
  if ('repeated' in sent) return { answer: repetitionOf(sent.repeated) };
  const payload = messageFields(sent.made);
  const room = batch.conversation(send.conversationId) as LockedConversation; // or it would have been refused
  return { answer: payload, effects: [toConversation(room, { type: 'message', payload }, send.connection)] };
}

/** The first answer again; of a message that was changed since it says so, and has its text as it is now. */
const repetitionOf = (message: StoredMessage) => ({
  ...messageFields(message),
  ...(message.editedAt !== null && { edited: true }),
  ...(message.deletedAt !== null && { deleted: true }),
});

const findByClientId = new EachRow<StoredMessage>(
  (row) => `
    ${SELECT_MESSAGES}${row.and} where m.sender_id = ${row.int(0)} and m.client_message_id = ${row.text(1)}`,
);

/** Messages that were sent before under the same client ids. */
async function findEarlier({ run }: Queries, sends: readonly Send[]): Promise<Map<string, StoredMessage>> {
  const pairs = sends.flatMap(({ senderId, clientMessageId }) =>
    clientMessageId === null ? [] : [[senderId, clientMessageId]],
  );
  const rows = await run(findByClientId, pairs);
  return new Map(rows.map((row) => [keyOf(row.senderId, row.clientMessageId ?? ''), row]));
}

const findSenders = (queries: Queries, sends: readonly Send[]) =>
  Participations.find(
    queries,
    sends.map(({ conversationId, senderId: userId }) => ({ conversationId, userId })),
  );

const insertMessage = new EachRow<{ id: number }>(
  (row) => `
    insert into messages (conversation_id, sender_id, seq, changed_seq, content, client_message_id, created_at)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)}, ${row.int(2)}, ${row.text(3)}, ${row.text(4)}, ${row.int(5)}
    ${row.from} ${row.inOrder} ${row.givingId}`,
);

/** Each row is inserted, numbered and answered before the next. */
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
    row.id = (inserted[index] as { id: number }).id; // there are as many
  }
}

/**
 * One's own messages never count as unread. Who had nothing unread before them moves the watermark on with them, but not
 * each time, as two indexes hold it: reading does it anyway, as long as it finds the gap short enough to look into.
 */
async function settleOwn(batch: Batch, all: readonly OwnMessages[]): Promise<void> {
  const behind = all.filter(
    ({ sender, countBefore, lastOfFirstRun }) =>
      sender.settled === countBefore && sender.rangeCount === 0 && lastOfFirstRun - sender.readSeq > LONGEST_WAKE,
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

const settle = new EachRow(
  (row) => `
    update participants set settled = settled + ${row.int(2)} ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);

const moveWatermark = new EachRow(
  (row) => `
    update participants set read_seq = ${row.int(2)},
      delivered_seq = case when delivered_seq < ${row.int(2)} then ${row.int(2)} else delivered_seq end
    ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)}`,
);
