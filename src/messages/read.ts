import { object } from 'yup';
import type { Batch } from '../conversations/batch.ts';
import type { Change, Outcome } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import { EachRow } from '../each-row.ts';
import { type Effect, toConversation } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { ids } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { timeOf } from '../time.ts';
import { messagesOf } from './message-of.ts';
import type { StoredMessage } from './message-rows.ts';
import { Reading } from './reading.ts';

const MOST_AT_ONCE = 1000;

type Read = { userId: number; messages: readonly StoredMessage[]; connection: string | undefined };

/** Marks exactly the named messages as read; if one of them is foreign or unknown, none is. */
export const markRead = operation({
  input: object({
    message_ids: ids(MOST_AT_ONCE).meta({ description: 'Exactly these become read.', example: [5001, 5002] }),
  }),
  async run({ message_ids }, caller, { database, changes }, { connection }) {
    const messages = await messagesOf(database, caller, message_ids);
    return changes.submit(reading, { userId: caller.userId, messages, connection });
  },
});

const reading: Change<Read, Result> = {
  commutes: true,
  locks: ({ messages }) => messages.map(({ conversationId }) => conversationId),
  async run(batch, items) {
    const deleted = await deletedOf(batch, items);
    const outcomes: Outcome<Result>[] = [];
    for (const item of items) outcomes.push(await read(batch, item, deleted));
    return outcomes;
  },
};

/** Those of the messages that have been deleted, perhaps since they were found. */
async function deletedOf(batch: Batch, items: readonly Read[]): Promise<Set<number>> {
  const rows = items.flatMap(({ messages }) => messages.map(({ id }) => [id]));
  return new Set((await batch.run(findDeleted, rows)).map(({ id }) => id));
}

const findDeleted = new EachRow<{ id: number }>(
  (row) => `select m.id from messages m${row.and} where m.id = ${row.int(0)} and m.deleted_at is not null`,
);

async function read(
  batch: Batch,
  { userId, messages, connection }: Read,
  deleted: ReadonlySet<number>,
): Promise<Outcome<Result>> {
  const perConversation = Map.groupBy(messages, ({ conversationId }) => conversationId);
  const pairs = [...perConversation.keys()].map((conversationId) => ({ conversationId, userId }));
  const participations = await Participations.find(batch, pairs);
  const effects: Effect[] = [];
  if (pairs.some(({ conversationId }) => participations.get(conversationId, userId) === undefined)) {
    return { refused: new ChatError('not_participant') };
  }
  for (const [conversationId, named] of perConversation) {
    const participation = participations.get(conversationId, userId);
    const room = batch.conversation(conversationId);
    if (participation === undefined || room === undefined) continue; // cannot be: all were found above
    const newly = await new Reading(batch, participation).mark(named, deleted);
    if (newly.length === 0) continue;
    const payload = {
      conversation_id: conversationId,
      message_ids: newly,
      sender_id: userId,
      created_at: timeOf(batch.now),
    };
    effects.push(toConversation(room, { type: 'read_receipt', payload }, connection));
  }
  return { answer: { message: 'Marked as read' }, effects };
}
