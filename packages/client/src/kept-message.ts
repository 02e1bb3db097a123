import type { LastMessage, MessageRow, ServerEvents } from './protocol.ts';

export type Status = MessageRow['status'];
/** A message as the client keeps it. */
export type KeptMessage = {
  readonly id: number;
  readonly seq: number;
  /** The number of its last change. */
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

/** States only rise: an answer that comes late takes nothing back. */
export const higher = (one: Status, other: Status): Status => (RANK[one] >= RANK[other] ? one : other);

export const keptOfRow = (row: MessageRow): KeptMessage => ({
  id: row.id,
  seq: row.seq,
  changed: row.changed_seq,
  senderId: row.sender_id,
  senderUsername: row.sender_username,
  content: row.content,
  createdAt: row.created_at,
  editedAt: row.edited_at,
  deleted: row.deleted,
  kind: row.type,
  clientMessageId: row.client_message_id,
  status: row.status,
});

export const lastMessageOf = (message: KeptMessage): LastMessage => ({
  message_id: message.id,
  seq: message.seq,
  sender_id: message.senderId,
  sender_username: message.senderUsername,
  content: message.content,
  created_at: message.createdAt,
  type: message.kind,
  deleted: message.deleted,
});

/** @param userId who looks at it: somebody else's message is delivered, since it is here */
export function keptOfEvent(
  event: ServerEvents['message'],
  kind: KeptMessage['kind'],
  userId: number | undefined,
): KeptMessage {
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
