import type { ServerEventName, ServerEvents } from './protocol.ts';
import { timeOf } from './time.ts';

/** What a committed change means for clients; only `delivery.ts` carries it out. */
export type Effect =
  | { kind: 'emit'; to: Audience; event: AnyEvent }
  /** Somebody confirmed what they have been given: told to those alone who asked for it. */
  | { kind: 'receipt'; room: Room; payload: ServerEvents['delivery_receipt'] }
  /** @property seq the number of the change by which they joined: a removal with a higher one undoes it */
  | { kind: 'join'; conversationId: number; userIds: readonly number[]; seq: number }
  | { kind: 'leave'; conversationId: number; userId: number; removalSeq: number }
  /** A session has ended, or all of a user's. The connection that asked for it is still to be answered. */
  | { kind: 'end'; userId: number; sessionId: string | undefined; asking?: string | undefined };

/** A conversation as it was when the event happened: with the number of its newest removal. */
export type Room = { readonly id: number; readonly removalSeq: number };
export type Audience =
  | { room: Room; exceptConnection?: string; exceptUser?: number }
  /** People who share a conversation with somebody; nothing of the conversations themselves. */
  | { contactsOf: number; conversationIds: readonly number[] }
  | { userIds: readonly number[] };

type ForAll = Exclude<ServerEventName, 'delivery_receipt'>;
export type AnyEvent = { [Name in ForAll]: { type: Name; payload: ServerEvents[Name] } }[ForAll];

export const toConversation = ({ id, removalSeq }: Room, event: AnyEvent, exceptConnection?: string): Effect => ({
  kind: 'emit',
  to: { room: { id, removalSeq }, ...(exceptConnection !== undefined && { exceptConnection }) },
  event,
});

export const toUsers = (userIds: readonly number[], event: AnyEvent): Effect => ({
  kind: 'emit',
  to: { userIds },
  event,
});

/** Of no conversation in particular: whatever was missed may be in any. */
export const syncPrompt = () => ({
  conversation_id: 0,
  seq: 0,
  sender_id: 0,
  content: 'sync_required' as const,
  created_at: timeOf(Date.now()),
});

/**
 * Carries effects out, in their order. What it returns settles when every node has carried out what changes who receives
 * events, or after a second.
 */
export type Deliver = (effects: readonly Effect[]) => Promise<void> | undefined;
