import type { MessageRow } from './protocol.ts';

type Missed = 'message' | 'system_message' | 'edited_message' | 'deleted_message';

/** The missed changes of a message after `before`, as the events that would have carried them. */
export function missedEventsOf(row: MessageRow, before: number): [Missed, object][] {
  const { conversation_id, message_id, sender_id, changed_seq } = row;
  if (row.seq > before) return [[row.type === 'message' ? 'message' : 'system_message', row]];
  const changed = { conversation_id, message_id, seq: changed_seq, sender_id };
  if (row.deleted) return [['deleted_message', { ...changed, deleted_at: row.deleted_at }]];
  return [['edited_message', { ...changed, content: row.content, edited_at: row.edited_at }]];
}
