export const DAY_MS = 86_400_000;

/**
 * The day of an activity, counted from 1970. It stands with each participant of a conversation, beside the moment that
 * stands with the conversation alone: so a list finds the newest of somebody's conversations by an index, however many
 * they have, and yet a message writes to its conversation's participants only if it is the first of its day.
 * @param activityAt milliseconds since 1970
 */
export const dayOf = (activityAt: number): number => Math.floor(activityAt / DAY_MS);
