/** The wire vocabulary, types only: what the server tells clients, and how it answers them. */

/** RFC 3339 in UTC, e.g. `2025-09-20T14:55:00.000Z`. */
export type Time = string;

type NewMessage = {
  conversation_id: number;
  message_id: number;
  /** The message's place in its conversation: dense from 1, shared with every other durable change. */
  seq: number;
  sender_id: number;
  sender_username: string;
  content: string;
  created_at: Time;
  client_message_id?: string;
};

/** What a system message reports, for clients that would rather word it themselves. */
export type SystemEvent = 'added_to_conversation' | 'removed_from_conversation' | 'admin_changed' | 'renamed';

/** Server → client: event name (Socket.IO) or `type` (raw WebSocket) → payload. */
export type ServerEvents = {
  message: NewMessage;
  system_message: Omit<NewMessage, 'client_message_id'> & { event: SystemEvent; user_id: number | null };
  edited_message: {
    conversation_id: number;
    message_id: number;
    seq: number;
    sender_id: number;
    content: string;
    edited_at: Time;
  };
  deleted_message: { conversation_id: number; message_id: number; seq: number; sender_id: number; deleted_at: Time };
  read_receipt: { conversation_id: number; message_ids: number[]; sender_id: number; created_at: Time };
  conversation_update: {
    conversation_id: number;
    seq: number;
    sender_id: number;
    /** `sync_required` is of no conversation (its ids are 0): something may have been missed anywhere. */
    content: SystemEvent | 'new_conversation' | 'sync_required';
    user_id?: number;
    name?: string;
    created_at: Time;
  };
  typing_start: { conversation_id: number; sender_id: number; sender_username: string; expires_at: Time };
  typing_stop: { conversation_id: number; sender_id: number; sender_username: string; expires_at: Time };
  presence: {
    sender_id: number;
    sender_username: string;
    content: 'online' | 'offline';
    last_seen: Time;
    /** When the statement stops being vouched for unless it is repeated; for `offline`, when it was made. */
    expires_at: Time;
  };
};
export type ServerEventName = keyof ServerEvents;

/** Which namespace carries an event: `/chat` loses nothing, `/presence` is the latest state only. */
export const NAMESPACE_OF = {
  message: '/chat',
  system_message: '/chat',
  edited_message: '/chat',
  deleted_message: '/chat',
  read_receipt: '/chat',
  conversation_update: '/chat',
  typing_start: '/presence',
  typing_stop: '/presence',
  presence: '/presence',
} as const satisfies Record<ServerEventName, '/chat' | '/presence'>;

export type ErrorAnswer = {
  code: string;
  message: string;
  fields?: { field: string; message: string }[];
  /** Seconds. */
  retry_after?: number;
};
/** The acknowledgement of an operation over a socket. */
export type Acknowledgement = ({ ok: true } & Record<string, unknown>) | { ok: false; error: ErrorAnswer };

/** A message as `list_messages` and `sync` give it. */
export type MessageRow = NewMessage & {
  id: number;
  type: 'message' | 'system';
  status: 'sent' | 'delivered' | 'read';
  edited: boolean;
  edited_at: Time | null;
  deleted: boolean;
  deleted_at: Time | null;
  /** The number of the message's last change: its own `seq`, or that of its last edit or deletion. */
  changed_seq: number;
  event?: SystemEvent;
  user_id?: number | null;
};
