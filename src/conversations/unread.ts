import { sql } from 'kysely';

/**
 * Unread messages of a participant `p` in its conversation `c`, as an expression: those of others since the joining, not
 * deleted, not system, not read. Counters that every change keeps in its own transaction make it arithmetic; only
 * messages that were deleted unread are looked up, and only where something seems unread.
 */
export const unreadCount = sql<number>`
  case when c.message_count = p.settled then 0 else c.message_count - p.settled - (
    select count(*) from messages d
    where d.conversation_id = p.conversation_id and d.deleted_at is not null and d.seq > p.read_seq and d.sender_id <> p.user_id
      and not exists (
        select 1 from read_ranges r
        where r.conversation_id = p.conversation_id and r.user_id = p.user_id and d.seq between r.from_seq and r.to_seq
      )
  ) end`;
