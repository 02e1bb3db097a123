import type { ServerEventName, ServerEvents } from './protocol.ts';

/** What a committed change means for clients; only `delivery.ts` carries it out. */
export type Effect =
  | { kind: 'emit'; to: Audience; event: AnyEvent }
  | { kind: 'join'; conversationId: number; userIds: readonly number[] }
  | { kind: 'leave'; conversationId: number; userId: number };

export type Audience =
  | { conversationIds: readonly number[]; exceptConnection?: string; exceptUser?: number }
  | { userIds: readonly number[] };

export type AnyEvent = { [Name in ServerEventName]: { type: Name; payload: ServerEvents[Name] } }[ServerEventName];

export const toConversation = (conversationId: number, event: AnyEvent, exceptConnection?: string): Effect => ({
  kind: 'emit',
  to: { conversationIds: [conversationId], ...(exceptConnection !== undefined && { exceptConnection }) },
  event,
});

export const toUsers = (userIds: readonly number[], event: AnyEvent): Effect => ({
  kind: 'emit',
  to: { userIds },
  event,
});

/** Carries effects out, in their order. What it returns settles when no node can deliver to who has left any more. */
export type Deliver = (effects: readonly Effect[]) => Promise<void> | void;
