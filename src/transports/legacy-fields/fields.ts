import type { AnyEvent, Effect } from '../../delivery/effects.ts';
import type { ConversationSummary, MessageRow, ServerEvents, Time } from '../../protocol.ts';
import { timeOf } from '../../time.ts';

/** A conversation in a list, with the fields that front ends of the Go server read, and a private one named after the other user. */
export const legacyConversation = (conversation: ConversationSummary, createdAt: number) => {
  const { name, profile_picture, other_user_online, other_user } = conversation;
  return {
    ...conversation,
    name: other_user?.username ?? name,
    avatar: profile_picture,
    is_online: other_user_online,
    ...(other_user && { other_user_id: other_user.id, last_seen: other_user.last_seen }),
    created_at: timeOf(createdAt),
  };
};

/** A message in a list. */
export const legacyMessage = (message: MessageRow) => ({
  ...message,
  sent_at: message.created_at,
  ...(message.type === 'system' && { type: 'system_message' }),
});

/** One receipt for each message. `message_ids` stays, for the clients of the documented API. */
export const legacyReceipt = (receipt: ServerEvents['read_receipt'], messageId: number) => ({
  ...receipt,
  message_ids: [messageId],
  message_id: messageId,
});

/** Adds the fields that front ends of the Go server read to the events that a node emits to its own sockets. */
export const withLegacyFields = (effects: readonly Effect[]): Effect[] =>
  effects.map((effect) => (effect.kind === 'emit' ? { ...effect, event: legacyEvent(effect.event) } : effect));

function legacyEvent(event: AnyEvent): AnyEvent {
  if (event.type === 'message') return { ...event, payload: withSentAt(event.payload) };
  if (event.type === 'system_message') return { ...event, payload: withSentAt(event.payload) };
  if (event.type === 'presence') return { ...event, payload: withLastActive(event.payload) };
  return event;
}

const withSentAt = <Payload extends { created_at: Time }>(payload: Payload) => ({
  ...payload,
  sent_at: payload.created_at,
});
const withLastActive = <Payload extends { last_seen: Time }>(payload: Payload) => ({
  ...payload,
  last_active: payload.last_seen,
});
