import { sql } from 'kysely';
import { Participations } from '../conversations/participation.ts';
import { RowStatement } from '../database/statement.ts';
import type { Effect } from '../delivery/effects.ts';
import type { Caller } from '../operation/caller.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { idOfConversation, required, wholeNumber } from '../operation/inputs.ts';
import { batchChange } from '../operation/operation.ts';
import type { InputOf, ResultOf } from '../protocol.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';
import type { ChangeResult } from '../writer/change.ts';

/** How long a query waits for the confirmation of the messages that it returns. */
const CONFIRM_WITHIN_MS = 2_000;
/** Larger groups get no live delivery receipts: each message would cause one per participant, sent to all participants. */
export const MAX_RECEIPT_PARTICIPANTS = 100;

type Confirmation = { userId: number; conversationId: number; seq: number };
type RaisedConfirmation = Confirmation & { before: number; conversation: LockedConversation };
/** A stored confirmation, and whether clients receive a receipt for it. */
type Confirmed = { raised: RaisedConfirmation; isReported: boolean };

/** Confirms that a client has received all changes of a conversation up to a `seq`. */
export const delivered = batchChange('delivered', {
  http: 'POST /api/messages/delivered',
  operationId: 'confirmDelivered',
  summary: 'Confirm that you have received everything of a conversation up to a number',
  details: 'The senders’ messages become `delivered`. A confirmation cannot be withdrawn.',
  input: {
    conversation_id: idOfConversation(),
    seq: wholeNumber(0)
      .required(required)
      .meta({ description: 'You have received everything up to this number.', example: 2 }),
  },
  result: {
    conversation_id: field.id('The conversation.', 100),
    seq: field.whole('You have confirmed everything up to this number.', 2),
  },
  errors: ['not_participant'],
  commutesWithSends: true,
  async run(batch, calls) {
    const participations = await Participations.find(
      batch,
      calls.map(({ input, caller: { userId } }) => ({ conversationId: input.conversation_id, userId })),
    );
    const all = calls.map(({ input, caller }) =>
      raiseTo({ userId: caller.userId, conversationId: input.conversation_id, seq: input.seq }, participations, batch),
    );
    const highest = highestOf(all);
    await store(batch, highest);
    const isWanted = calls[0]?.context.receiptsWanted() === true;
    const reported = isWanted ? await inSmallConversations(batch, highest) : new Set<RaisedConfirmation>();
    return all.map((raised) =>
      raised === undefined ? new ChatError('not_participant') : { raised, isReported: reported.has(raised) },
    );
  },
  present({ raised, isReported }: Confirmed): ChangeResult<ResultOf<'delivered'>> {
    const answer = { conversation_id: raised.conversationId, seq: raised.seq };
    return isReported ? { answer, effects: [receiptOf(raised)] } : { answer };
  },
});

/**
 * Confirms the delivery of messages that a query returns. If the database cannot write in time it gives up: the next query
 * confirms the messages.
 * @throws ChatError `not_participant` when the user is no longer in the conversation
 */
export async function confirmIfPossible(context: Context, caller: Caller, input: InputOf<'delivered'>): Promise<void> {
  const { promise: timedOut, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, CONFIRM_WITHIN_MS);
  const call = { input, caller, context, info: {} };
  const confirmed = Promise.try(() => context.changes.submit(delivered.change, call)).catch((error: unknown) => {
    if (error instanceof ChatError && error.code === 'not_participant') throw error;
    if (!(error instanceof ChatError)) context.report(error, 'confirming delivery');
  });
  await Promise.race([confirmed, timedOut]).finally(() => clearTimeout(timer));
}

/** Limits a confirmation to the last `seq` of the conversation; it never moves back. */
function raiseTo({ userId, conversationId, seq }: Confirmation, participations: Participations, batch: Batch) {
  const before = participations.get(conversationId, userId)?.deliveredSeq;
  const conversation = batch.conversation(conversationId);
  if (before === undefined || conversation === undefined) return undefined;
  return { userId, conversationId, seq: Math.max(before, Math.min(seq, conversation.lastSeq)), before, conversation };
}

/** The furthest confirmation of each participant, if it is beyond the stored one. */
function highestOf(all: readonly (RaisedConfirmation | undefined)[]): RaisedConfirmation[] {
  const highest = new Map<string, RaisedConfirmation>();
  for (const each of all) {
    if (each === undefined || each.seq <= each.before) continue;
    const key = `${each.conversationId}:${each.userId}`;
    if (each.seq > (highest.get(key)?.seq ?? each.before)) highest.set(key, each);
  }
  return [...highest.values()];
}

async function store(batch: Batch, confirmations: readonly Confirmation[]): Promise<void> {
  await batch.run(
    storeConfirmation,
    confirmations.map(({ conversationId, userId, seq }) => [conversationId, userId, seq]),
  );
}

const storeConfirmation = new RowStatement(
  (row) => `
    update participants set delivered_seq = ${row.int(2)} ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)} and delivered_seq < ${row.int(2)}`,
);

/** The confirmations in private conversations and in groups that are small enough for live receipts. */
async function inSmallConversations(
  batch: Batch,
  all: readonly RaisedConfirmation[],
): Promise<ReadonlySet<RaisedConfirmation>> {
  const groups = all.filter(({ conversation }) => conversation.isGroup).map(({ conversationId }) => conversationId);
  const large = await largerThan(batch, MAX_RECEIPT_PARTICIPANTS, [...new Set(groups)]);
  return new Set(all.filter(({ conversationId }) => !large.has(conversationId)));
}

/** The conversations with more than `most` participants. Reads at most `most` + 1 participants of each. */
async function largerThan(batch: Batch, most: number, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: number }>`
    select c.id from conversations c where c.id in (${sql.join(ids)}) and exists (
      select 1 from participants p where p.conversation_id = c.id order by p.user_id limit 1 offset ${most})`.execute(
    batch.sql,
  );
  return new Set(rows.map(({ id }) => id));
}

const receiptOf = ({ userId, conversationId, seq, conversation: { id, removalSeq } }: RaisedConfirmation): Effect => ({
  kind: 'receipt',
  room: { id, removalSeq },
  payload: { conversation_id: conversationId, seq, user_id: userId },
});
