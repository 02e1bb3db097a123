import { object } from 'yup';
import type { Batch } from '../conversations/batch.ts';
import type { Change, Outcome } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import { refused } from '../conversations/single.ts';
import { EachRow } from '../each-row.ts';
import { type Effect, toConversation } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { ids } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { timeOf } from '../time.ts';
import { conversationsOf } from './message-of.ts';
import type { ReadMessage } from './message-rows.ts';
import { markAsRead } from './reading.ts';

const MOST_AT_ONCE = 1000;
const IDS_PER_COST = 25;

type Read = { userId: number; messageIds: readonly number[]; connection: string | undefined };

/** Marks exactly the named messages as read; if one of them is foreign or unknown, none is. */
export const markRead = operation({
  input: object({
    message_ids: ids(MOST_AT_ONCE).meta({ description: 'Exactly these become read.', example: [5001, 5002] }),
  }),
  cost: ({ message_ids }) => 1 + Math.floor(message_ids.length / IDS_PER_COST),
  run: ({ message_ids }, { userId }, { changes }, { connection }) =>
    changes.submit(reading, { userId, messageIds: [...new Set(message_ids)], connection }),
});

const reading: Change<Read, Result> = {
  commutesWithSends: true,
  locate: (queries, items) =>
    conversationsOf(
      queries,
      items.flatMap(({ userId, messageIds }) => messageIds.map((messageId) => ({ userId, messageId }))),
    ),
  async run(batch, items) {
    const rows = await batch.run(
      findMessage,
      [...new Set(items.flatMap(({ messageIds }) => messageIds))].map((id) => [id]),
    );
    const found = new Map(rows.map((row) => [row.id, { ...row, deleted: Boolean(row.deleted) }]));
    const outcomes: Outcome<Result>[] = [];
    for (const item of items) outcomes.push(await read(batch, item, found).catch(refused));
    return outcomes;
  },
};

const findMessage = new EachRow<ReadMessage>(
  (row) => `
    select m.id, m.conversation_id as "conversationId", m.sender_id as "senderId", m.seq, m.event,
      m.deleted_at is not null as deleted
    from messages m${row.and} where m.id = ${row.int(0)}`,
);

async function read(
  batch: Batch,
  { userId, messageIds, connection }: Read,
  found: ReadonlyMap<number, ReadMessage>,
): Promise<Outcome<Result>> {
  const messages = messageIds.flatMap((id) => found.get(id) ?? []);
  if (messages.length < messageIds.length) return { refused: new ChatError('unknown_message') };
  const perConversation = Map.groupBy(messages, ({ conversationId }) => conversationId);
  const pairs = [...perConversation.keys()].map((conversationId) => ({ conversationId, userId }));
  const participations = await Participations.find(batch, pairs);
  const marks = [...perConversation].flatMap(([conversationId, named]) => {
    const who = participations.get(conversationId, userId);
    return who === undefined || batch.conversation(conversationId) === undefined ? [] : [{ who, named }];
  });
  if (marks.length < perConversation.size) return { refused: new ChatError('not_participant') };
  const newly = await markAsRead(batch, marks);
  const effects = marks.flatMap(({ who: { conversationId } }, index): Effect[] => {
    const room = batch.conversation(conversationId);
    const messageIds = newly[index] ?? [];
    if (room === undefined || messageIds.length === 0) return [];
    const payload = {
      conversation_id: conversationId,
      message_ids: messageIds,
      sender_id: userId,
      created_at: timeOf(batch.now),
    };
    return [toConversation(room, { type: 'read_receipt', payload }, connection)];
  });
  return { answer: { message: 'Marked as read' }, effects };
}
