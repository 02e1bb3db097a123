import type { ServerEventName, ServerEvents } from '../protocol.ts';
import { timeOf } from '../time.ts';

/** The effects of a committed change on clients; only `delivery.ts` carries it out. */
export type Effect =
  | { kind: 'emit'; to: Recipients; event: AnyEvent }
  /** A delivery receipt: it goes only to sockets that subscribed to receipts. */
  | { kind: 'receipt'; room: Room; payload: ServerEvents['delivery_receipt'] }
  /** @property seq the number of the change by which they joined: a removal with a higher one undoes it */
  | { kind: 'join'; conversationId: number; userIds: readonly number[]; seq: number }
  | { kind: 'leave'; conversationId: number; userId: number; removalSeq: number }
  /** A session has ended, or all sessions of a user. @property asking the socket that requested it and awaits its answer */
  | { kind: 'end'; userId: number; sessionId: string | undefined; asking?: string | undefined };

/** A conversation as it was when the event happened: with the number of its newest removal. */
export type Room = { readonly id: number; readonly removalSeq: number };
export type Recipients =
  /** @property onlyUser the sockets of this member alone */
  | { room: Room; exceptConnection?: string; exceptUser?: number; onlyUser?: number }
  /** Everyone who shares a conversation with a user; the event reveals nothing of the conversations themselves. */
  | { contactsOf: number; conversationIds: readonly number[] }
  | { userIds: readonly number[] };

type EmittedEventName = Exclude<ServerEventName, 'delivery_receipt'>;
export type AnyEvent = { [Name in EmittedEventName]: { type: Name; payload: ServerEvents[Name] } }[EmittedEventName];

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

/** It belongs to no particular conversation, because any may have missed events. */
export const syncPrompt = (now: number) => ({
  conversation_id: 0,
  seq: 0,
  sender_id: 0,
  content: 'sync_required' as const,
  created_at: timeOf(now),
});

/**
 * Carries out effects in order. The result settles when every node has carried out those that change who receives events,
 * or after a second; it is undefined if there is nothing to wait for.
 */
export type Deliver = (effects: readonly Effect[]) => Promise<void> | undefined;
