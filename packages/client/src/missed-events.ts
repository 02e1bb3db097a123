import type { MessageRow } from './protocol.ts';

type Missed = 'message' | 'system_message' | 'edited_message' | 'deleted_message';

/** What was missed of a message after a number, as the events that would have told it. */
export function eventsOf(row: MessageRow, before: number): [Missed, object][] {
  const { conversation_id, message_id, sender_id, changed_seq } = row;
  if (row.seq > before) return [[row.type === 'system' ? 'system_message' : 'message', row]];
  const changed = { conversation_id, message_id, seq: changed_seq, sender_id };
  if (row.deleted) return [['deleted_message', { ...changed, deleted_at: row.deleted_at }]];
  return [['edited_message', { ...changed, content: row.content, edited_at: row.edited_at }]];
}
