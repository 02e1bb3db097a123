import { Participations } from '../conversations/participation.ts';
import { RowStatement } from '../database/statement.ts';
import { type Effect, toConversation } from '../delivery/effects.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { ids } from '../operation/inputs.ts';
import { batchChange, type Call } from '../operation/operation.ts';
import type { InputOf, ResultOf } from '../protocol.ts';
import { timeOf } from '../time.ts';
import type { Batch } from '../writer/batch.ts';
import type { ChangeResult } from '../writer/change.ts';
import { oneByOne } from '../writer/one-by-one.ts';
import { findConversationIds } from './find-message.ts';
import type { ReadMessage } from './message-presenter.ts';
import { markAsRead } from './update-read-state.ts';

const MAX_AT_ONCE = 1000;
const IDS_PER_COST = 25;

type Read = Call<InputOf<'read_receipt'>>;

/** Marks exactly the named messages as read, or none of them if one is unknown or not visible to the caller. */
export const markRead = batchChange('read_receipt', {
  http: 'POST /api/messages/read',
  operationId: 'markRead',
  summary: 'Mark messages as read',
  details: 'All of them, or none and an error. The other participants receive a `read_receipt`.',
  input: {
    message_ids: ids(MAX_AT_ONCE).meta({ description: 'The messages to mark as read.', example: [5001, 5002] }),
  },
  result: { message: field.fixed('Marked as read') },
  errors: ['unknown_message', 'not_participant', 'too_many_gaps'],
  cost: ({ message_ids }) => 1 + Math.floor(message_ids.length / IDS_PER_COST),
  commutesWithSends: true,
  locate: (queries, calls) =>
    findConversationIds(
      queries,
      calls.flatMap(({ input, caller: { userId } }) => input.message_ids.map((messageId) => ({ userId, messageId }))),
    ),
  async run(batch, calls) {
    const rows = await batch.run(
      findMessage,
      [...new Set(calls.flatMap(({ input }) => input.message_ids))].map((id) => [id]),
    );
    const found = new Map(rows.map((row) => [row.id, { ...row, deleted: Boolean(row.deleted) }]));
    return oneByOne((_, call: Read) => read(batch, call, found))(batch, calls);
  },
  present: (effects: readonly Effect[]): ChangeResult<ResultOf<'read_receipt'>> => ({
    answer: { message: 'Marked as read' },
    effects,
  }),
});

const findMessage = new RowStatement<ReadMessage>(
  (row) => `
    select m.id, m.conversation_id as "conversationId", m.sender_id as "senderId", m.seq, m.event,
      m.deleted_at is not null as deleted
    from messages m${row.and} where m.id = ${row.int(0)}`,
);

/** @throws ChatError when one of the messages is unknown, or in a conversation that the caller is not in */
async function read(
  batch: Batch,
  { input, caller: { userId }, info }: Read,
  found: ReadonlyMap<number, ReadMessage>,
): Promise<Effect[]> {
  const messageIds = new Set(input.message_ids);
  const messages = [...messageIds].flatMap((id) => found.get(id) ?? []);
  if (messages.length < messageIds.size) throw new ChatError('unknown_message');
  const perConversation = Map.groupBy(messages, ({ conversationId }) => conversationId);
  const pairs = [...perConversation.keys()].map((conversationId) => ({ conversationId, userId }));
  const participations = await Participations.find(batch, pairs);
  const marks = [...perConversation].flatMap(([conversationId, named]) => {
    const participation = participations.get(conversationId, userId);
    return participation === undefined || batch.conversation(conversationId) === undefined
      ? []
      : [{ participation, named }];
  });
  if (marks.length < perConversation.size) throw new ChatError('not_participant');
  const newly = await markAsRead(batch, marks);
  return marks.flatMap(({ participation: { conversationId } }, index): Effect[] => {
    const room = batch.conversation(conversationId);
    const newIds = newly[index] ?? [];
    if (room === undefined || newIds.length === 0) return [];
    const payload = {
      conversation_id: conversationId,
      message_ids: newIds,
      sender_id: userId,
      created_at: timeOf(batch.now),
    };
    return [toConversation(room, { type: 'read_receipt', payload }, info.connection)];
  });
}
