import type { AnyEvent, Effect } from '../../delivery/effects.ts';
import { MAX_RECEIPT_PARTICIPANTS } from '../../messages/delivered.ts';
import type { markRead } from '../../messages/mark-read.ts';
import { findReadByAll, type ReadByAll } from '../../messages/read-by-all.ts';
import { ChatError } from '../../operation/errors.ts';
import { withChange } from '../../operation/operation.ts';
import type { Batch } from '../../writer/batch.ts';
import { legacyReceipt } from './fields.ts';

type Receipt = Extract<AnyEvent, { type: 'read_receipt' }>;
type Emission = Extract<Effect, { kind: 'emit' }>;
type RoomEmission = Emission & { to: Extract<Emission['to'], { room: unknown }>; event: Receipt };
type Made = readonly (readonly Effect[] | ChatError)[];

/**
 * Marks as read with one receipt for each message. In a group the others receive it when every member has read the message; in
 * one with more than 100 members only its sender does, or a call that reads 1,000 messages would send millions of events.
 * The reader's other clients receive it at once, to count what is unread.
 */
export function withLegacyReceipts(operation: typeof markRead): typeof markRead {
  const { change } = operation;
  return withChange(operation, {
    ...change,
    // in the transaction, whose lock on the conversation tells which reader was the last one
    run: async (batch, calls, found) => withReceiptsOf(batch, (await change.run(batch, calls, found)) as Made),
  });
}

async function withReceiptsOf(batch: Batch, made: Made): Promise<Made> {
  const ids = new Set(made.flatMap((effects) => receiptsIn(effects).flatMap(({ event }) => event.payload.message_ids)));
  const messages = new Map((await findReadByAll(batch, [...ids])).map((message) => [message.id, message]));
  const announced = new Set<number>();
  return made.map((effects) =>
    effects instanceof ChatError
      ? effects
      : effects.flatMap((effect) => (isReceipt(effect) ? receiptsOf(effect, messages, announced) : effect)),
  );
}

const receiptsIn = (effects: Made[number]): RoomEmission[] =>
  effects instanceof ChatError ? [] : effects.filter(isReceipt);

const isReceipt = (effect: Effect): effect is RoomEmission =>
  effect.kind === 'emit' && effect.event.type === 'read_receipt' && 'room' in effect.to;

/** @param announced messages of groups whose receipt another call of the batch sends to the others */
function receiptsOf(
  { to, event }: RoomEmission,
  messages: ReadonlyMap<number, ReadByAll>,
  announced: Set<number>,
): Effect[] {
  const { payload } = event;
  return payload.message_ids.flatMap((id): Effect[] => {
    const message = messages.get(id);
    if (message === undefined) return [];
    const emit = (only: { onlyUser?: number }): Effect => ({
      kind: 'emit',
      to: { ...to, ...only },
      event: { type: 'read_receipt', payload: legacyReceipt(payload, id) },
    });
    const toOwn = emit({ onlyUser: payload.sender_id });
    if (!message.isGroup) return [emit({})];
    if (!message.isRead || announced.has(id)) return [toOwn];
    announced.add(id);
    const isLarge = message.participantCount > MAX_RECEIPT_PARTICIPANTS;
    return isLarge ? [toOwn, emit({ onlyUser: message.senderId })] : [emit({})];
  });
}
