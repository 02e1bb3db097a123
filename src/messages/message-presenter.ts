import { sql } from 'kysely';
import type { MessageRow, SystemEvent } from '../protocol.ts';
import { timeOf } from '../time.ts';

/** A row of `messages` with the username of its sender. */
export type StoredMessage = {
  id: number;
  conversationId: number;
  senderId: number;
  senderUsername: string;
  seq: number;
  changedSeq: number;
  content: string;
  clientMessageId: string | null;
  createdAt: number;
  editedAt: number | null;
  deletedAt: number | null;
  event: SystemEvent | null;
  subjectId: number | null;
};

/** The columns that marking a message as read needs. */
export type ReadMessage = Pick<StoredMessage, 'id' | 'conversationId' | 'senderId' | 'seq' | 'event'> & {
  deleted: boolean;
};

/** To be followed by conditions on `m`, the message. */
export const SELECT_MESSAGES = `
  select m.id, m.conversation_id as "conversationId", m.sender_id as "senderId", u.username as "senderUsername", m.seq,
    m.changed_seq as "changedSeq", m.content, m.client_message_id as "clientMessageId", m.created_at as "createdAt",
    m.edited_at as "editedAt", m.deleted_at as "deletedAt", m.event, m.subject_id as "subjectId"
  from messages m join users u on u.id = m.sender_id`;
export const selectMessages = sql.raw(SELECT_MESSAGES);

/** The fields of a message in events, results and lists alike. */
export const messageFields = (message: StoredMessage) => ({
  conversation_id: message.conversationId,
  message_id: message.id,
  seq: message.seq,
  sender_id: message.senderId,
  sender_username: message.senderUsername,
  content: message.content,
  created_at: timeOf(message.createdAt),
  ...(message.clientMessageId !== null && { client_message_id: message.clientMessageId }),
});

/** A message in a list. */
export const presentMessage = (message: StoredMessage, status: MessageRow['status']): MessageRow => ({
  id: message.id,
  ...messageFields(message),
  type: message.event === null ? 'message' : 'system',
  status,
  edited: message.editedAt !== null,
  edited_at: message.editedAt === null ? null : timeOf(message.editedAt),
  deleted: message.deletedAt !== null,
  deleted_at: message.deletedAt === null ? null : timeOf(message.deletedAt),
  changed_seq: message.changedSeq,
  ...(message.event !== null && { event: message.event, user_id: message.subjectId }),
});
