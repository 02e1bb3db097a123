import { sql } from 'kysely';
import { object } from 'yup';
import { type Batch, int8 } from '../conversations/batch.ts';
import type { Change, GroupCommit } from '../conversations/group-commit.ts';
import { Participations } from '../conversations/participation.ts';
import { ChatError } from '../errors.ts';
import { idOfConversation, required, wholeNumber } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';

export type Confirmation = { userId: number; conversationId: number; seq: number };

/** A client confirms that it has everything of a conversation up to a number. */
export const delivered = operation({
  input: object({
    conversation_id: idOfConversation(),
    seq: wholeNumber(0).required(required).meta({ description: 'Up to this number you have everything.', example: 2 }),
  }),
  run: (input, { userId }, { changes }) =>
    confirm(changes, { userId, conversationId: input.conversation_id, seq: input.seq }),
});

/** Notes that one of the user's clients has been given everything up to a number. */
export const confirm = (changes: GroupCommit, confirmation: Confirmation) => changes.submit(confirming, confirmation);

const confirming: Change<Confirmation, Result> = {
  commutes: true,
  locks: ({ conversationId }) => [conversationId],
  async run(batch, items) {
    const participations = await Participations.find(batch.sql, items);
    const raised = items.map((item) => raise(item, participations, batch));
    await store(
      batch,
      raised.filter((each) => each !== undefined),
    );
    return raised.map((each) =>
      each === undefined
        ? { refused: new ChatError('not_participant') }
        : { answer: { conversation_id: each.conversationId, seq: each.seq } },
    );
  },
};

/** Nobody can confirm what does not exist yet, and a confirmation never goes back. */
function raise({ userId, conversationId, seq }: Confirmation, participations: Participations, batch: Batch) {
  const before = participations.get(conversationId, userId)?.deliveredSeq;
  const conversation = batch.conversation(conversationId);
  if (before === undefined || conversation === undefined) return undefined;
  return { userId, conversationId, seq: Math.max(before, Math.min(seq, conversation.lastSeq)) };
}

async function store(batch: Batch, confirmations: readonly Confirmation[]): Promise<void> {
  const highest = new Map<string, Confirmation>();
  for (const each of confirmations) {
    const key = `${each.conversationId}:${each.userId}`;
    if (each.seq > (highest.get(key)?.seq ?? -1)) highest.set(key, each);
  }
  if (highest.size === 0) return;
  const rows = [...highest.values()].map(
    (each) => sql`(${int8(each.conversationId)}, ${int8(each.userId)}, ${int8(each.seq)})`,
  );
  await sql`
    update participants set delivered_seq = v.column3 from (values ${sql.join(rows)}) as v
    where participants.conversation_id = v.column1 and participants.user_id = v.column2
      and participants.delivered_seq < v.column3`.execute(batch.sql);
}
