import { sql } from 'kysely';

/**
 * Unread messages of a participant `p` in its conversation `c`, as an expression: those of others since the joining, not
 * deleted, not system, not read. Every change keeps both counters in its own transaction, so it is arithmetic.
 */
export const unreadCount = sql<number>`c.message_count - p.settled`;
