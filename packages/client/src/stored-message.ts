import type { LastMessage, MessageRow, ServerEvents } from './protocol.ts';

export type Status = MessageRow['status'];
/** A message as the client stores it. */
export type StoredMessage = {
  readonly id: number;
  readonly seq: number;
  /** The `seq` of its last change. */
  readonly changed: number;
  readonly senderId: number;
  readonly senderUsername: string;
  readonly content: string;
  readonly createdAt: string;
  readonly editedAt: string | null;
  readonly deleted: boolean;
  readonly kind: 'message' | 'system';
  readonly clientMessageId: string | undefined;
  readonly status: Status;
};

const RANK: Readonly<Record<Status, number>> = { sent: 0, delivered: 1, read: 2 };

/** A status only rises: a late answer does not lower it. */
export const higherStatus = (one: Status, other: Status): Status => (RANK[one] >= RANK[other] ? one : other);

export const storedFromRow = (row: MessageRow): StoredMessage => ({
  id: row.id,
  seq: row.seq,
  changed: row.changed_seq,
  senderId: row.sender_id,
  senderUsername: row.sender_username,
  content: row.content,
  createdAt: row.created_at,
  editedAt: row.edited_at,
  deleted: row.deleted,
  // servers with LEGACY_FIELDS call it `system_message`
  kind: row.type === 'message' ? 'message' : 'system',
  clientMessageId: row.client_message_id,
  status: row.status,
});

export const lastMessageOf = (message: StoredMessage): LastMessage => ({
  message_id: message.id,
  seq: message.seq,
  sender_id: message.senderId,
  sender_username: message.senderUsername,
  content: message.content,
  created_at: message.createdAt,
  type: message.kind,
  deleted: message.deleted,
});

/** @param userId the user of this client: others' messages are delivered, since they are here */
export function storedFromEvent(
  event: ServerEvents['message'],
  kind: StoredMessage['kind'],
  userId: number | undefined,
): StoredMessage {
  return {
    id: event.message_id,
    seq: event.seq,
    changed: event.seq,
    senderId: event.sender_id,
    senderUsername: event.sender_username,
    content: event.content,
    createdAt: event.created_at,
    editedAt: null,
    deleted: false,
    kind,
    clientMessageId: event.client_message_id,
    status: event.sender_id === userId ? 'sent' : 'delivered',
  };
}
