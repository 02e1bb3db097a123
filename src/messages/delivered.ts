import { sql } from 'kysely';
import { object } from 'yup';
import type { Context } from '../context.ts';
import type { Batch, LockedConversation } from '../conversations/batch.ts';
import type { Change } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import { EachRow } from '../each-row.ts';
import type { Effect } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { idOfConversation, required, wholeNumber } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';

/** In a larger conversation every message would cost as many receipts, each told to as many people. */
export const MOST_TOLD_OF_RECEIPTS = 100;

type Confirmation = { userId: number; conversationId: number; seq: number };
/** @property told whether anybody wants to hear of it */
type Confirming = Confirmation & { told: boolean };
type Raised = Confirmation & { before: number; conversation: LockedConversation };

/** A client confirms that it has everything of a conversation up to a number. */
export const delivered = operation({
  input: object({
    conversation_id: idOfConversation(),
    seq: wholeNumber(0).required(required).meta({ description: 'Up to this number you have everything.', example: 2 }),
  }),
  run: (input, { userId }, context) =>
    confirm(context, { userId, conversationId: input.conversation_id, seq: input.seq }),
});

/** Notes that one of the user's clients has been given everything up to a number. */
export const confirm = ({ changes, receiptsWanted }: Context, confirmation: Confirmation) =>
  changes.submit(confirming, { ...confirmation, told: receiptsWanted() });

const confirming: Change<Confirming, Result> = {
  commutesWithSends: true,
  locks: ({ conversationId }) => [conversationId],
  async run(batch, items) {
    const participations = await Participations.find(batch, items);
    const raised = items.map((item) => raise(item, participations, batch));
    const highest = highestOf(raised);
    await store(batch, highest);
    const told = items.some((item) => item.told) ? await smallEnough(batch, highest) : new Set();
    return raised.map((each) =>
      each === undefined
        ? { refused: new ChatError('not_participant') }
        : {
            answer: { conversation_id: each.conversationId, seq: each.seq },
            ...(told.has(each) && { effects: [receiptOf(each)] }),
          },
    );
  },
};

/** Nobody can confirm what does not exist yet, and a confirmation never goes back. */
function raise({ userId, conversationId, seq }: Confirmation, participations: Participations, batch: Batch) {
  const before = participations.get(conversationId, userId)?.deliveredSeq;
  const conversation = batch.conversation(conversationId);
  if (before === undefined || conversation === undefined) return undefined;
  return { userId, conversationId, seq: Math.max(before, Math.min(seq, conversation.lastSeq)), before, conversation };
}

/** Of each participant's confirmations the one that reaches furthest, where it is news. */
function highestOf(all: readonly (Raised | undefined)[]): Raised[] {
  const highest = new Map<string, Raised>();
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

const storeConfirmation = new EachRow(
  (row) => `
    update participants set delivered_seq = ${row.int(2)} ${row.from}
    where conversation_id = ${row.int(0)} and user_id = ${row.int(1)} and delivered_seq < ${row.int(2)}`,
);

/** Those whose conversations are small enough for live receipts. */
async function smallEnough(batch: Batch, all: readonly Raised[]): Promise<ReadonlySet<Raised>> {
  const groups = all.filter(({ conversation }) => conversation.isGroup).map(({ conversationId }) => conversationId);
  const large = await largerThan(batch, MOST_TOLD_OF_RECEIPTS, [...new Set(groups)]);
  return new Set(all.filter(({ conversationId }) => !large.has(conversationId)));
}

/** Which of these conversations have more than so many participants; no more of them are looked at than that. */
async function largerThan(batch: Batch, most: number, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: number }>`
    select c.id from conversations c where c.id in (${sql.join(ids)}) and exists (
      select 1 from participants p where p.conversation_id = c.id order by p.user_id limit 1 offset ${most})`.execute(
    batch.sql,
  );
  return new Set(rows.map(({ id }) => id));
}

const receiptOf = ({ userId, conversationId, seq, conversation: { id, removalSeq } }: Raised): Effect => ({
  kind: 'receipt',
  room: { id, removalSeq },
  payload: { conversation_id: conversationId, seq, user_id: userId },
});
