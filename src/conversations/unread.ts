import { sql } from 'kysely';

/**
 * The unread count of a participant `p` in a conversation `c`: user messages of others since the user joined that are neither
 * read nor deleted. Every change maintains both counters in its transaction.
 */
export const unreadCount = sql<number>`c.message_count - p.settled`;
