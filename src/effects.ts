import type { ServerEventName, ServerEvents } from './protocol.ts';

/** What a committed change means for clients; only `delivery.ts` carries it out. */
export type Effect =
  | { kind: 'emit'; to: Audience; event: AnyEvent }
  | { kind: 'join'; conversationId: number; userIds: readonly number[] }
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

export type AnyEvent = { [Name in ServerEventName]: { type: Name; payload: ServerEvents[Name] } }[ServerEventName];

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

/** Carries effects out, in their order. What it returns settles when no node can deliver to who has left any more. */
export type Deliver = (effects: readonly Effect[]) => Promise<void> | undefined;
