/** The types of the wire protocol: events, answers and operations. */

/** RFC 3339 in UTC, e.g. `2025-09-20T14:55:00.000Z`. */
export type Time = string;

type NewMessage = {
  conversation_id: number;
  message_id: number;
  /** The number of this change in its conversation: dense from 1, shared with all other durable changes. */
  seq: number;
  sender_id: number;
  sender_username: string;
  content: string;
  created_at: Time;
  client_message_id?: string;
};

/** The event of a system message, for clients that word it themselves. */
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
  /** The user has confirmed everything up to `seq`. Sent only to connections that subscribed to receipts when they connected. */
  delivery_receipt: { conversation_id: number; seq: number; user_id: number };
  conversation_update: {
    conversation_id: number;
    seq: number;
    sender_id: number;
    /** `sync_required` belongs to no conversation (its ids are 0): events may have been missed in any. */
    content: SystemEvent | 'new_conversation' | 'sync_required';
    user_id?: number;
    name?: string;
    created_at: Time;
  };
  /** A user has changed their name or picture. It has no `seq`: only the latest state is sent. */
  user_update: { sender_id: number; sender_username: string; profile_picture: string; created_at: Time };
  typing_start: { conversation_id: number; sender_id: number; sender_username: string; expires_at: Time };
  typing_stop: { conversation_id: number; sender_id: number; sender_username: string; expires_at: Time };
  presence: {
    sender_id: number;
    sender_username: string;
    content: 'online' | 'offline';
    last_seen: Time;
    /** Until when `online` is valid unless it is repeated; for `offline`, when it was sent. */
    expires_at: Time;
  };
};
export type ServerEventName = keyof ServerEvents;

/** The namespace of each event: `/chat` loses none, `/presence` has the latest state only. */
export const NAMESPACE_OF = {
  message: '/chat',
  system_message: '/chat',
  edited_message: '/chat',
  deleted_message: '/chat',
  read_receipt: '/chat',
  delivery_receipt: '/chat',
  conversation_update: '/chat',
  user_update: '/chat',
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

/** A message in the results of `list_messages` and `sync`. */
export type MessageRow = NewMessage & {
  id: number;
  type: 'message' | 'system';
  status: 'sent' | 'delivered' | 'read';
  edited: boolean;
  edited_at: Time | null;
  deleted: boolean;
  deleted_at: Time | null;
  /** The `seq` of the last change of the message: its own, or that of its last edit or deletion. */
  changed_seq: number;
  event?: SystemEvent;
  user_id?: number | null;
};

export type Profile = { id: number; username: string; email: string; profile_picture: string; created_at: Time };
export type FoundUser = { id: number; username: string; profile_picture: string };
export type Participant = FoundUser & { is_admin: boolean; online: boolean; last_seen: Time };
export type LastMessage = {
  message_id: number;
  seq: number;
  sender_id: number;
  sender_username: string;
  content: string;
  created_at: Time;
  type: 'message' | 'system';
  deleted: boolean;
};
/** A conversation in a participant's list. */
export type ConversationSummary = {
  /** The same as `conversation_id`; many UI kits expect list items to have an `id`. */
  id: number;
  conversation_id: number;
  is_group: boolean;
  name: string;
  profile_picture: string;
  last_message: LastMessage | null;
  last_seq: number;
  unread_count: number;
  /** You among them. */
  participant_count: number;
  other_user_online: boolean;
  /** In a private conversation. */
  other_user?: FoundUser & { last_seen: Time };
};
/** The first and last `seq` of a range. */
export type Span = [number, number];
/** The changes and the state of one conversation in the result of `sync`. */
export type SyncedConversation = {
  seq: number;
  has_more: boolean;
  reset: boolean;
  messages: MessageRow[];
  updates: ServerEvents['conversation_update'][];
  /** The conversation's last `seq` when `unread_count` was read; `seq` may be lower or higher. */
  last_seq: number;
  unread_count: number;
  read: Span[];
  /** The messages that all others who were in the conversation at the time have read. */
  others_read: Span[];
  /** The messages that all of them have confirmed. */
  others_delivered: Span[];
  /** Up to this number all current others have confirmed. */
  others_delivered_seq: number;
};

type Nothing = Record<string, never>;
/** The id of a request for a one-time code. Browsers have it in a cookie. */
type CodeRequest = { request_id?: string };
type CodeSent = { message: string; request_id: string };
/** With `"token": true`, the answer contains the token as well as the cookie. */
type TokenWanted = { token?: boolean };
type LoggedIn = { user_id: number; token?: string; expires_at?: Time };
type Signup = CodeRequest & { username: string; email: string; password: string };
type Conversation = { conversation_id: number };
type Message = { message_id: number };
type Made = Conversation & { is_group: boolean };

/** The input and the result of every operation. The result comes with `ok` over a socket and with `success` over HTTP. */
export type Operations = {
  signup_initiate: { input: Signup; result: CodeSent };
  signup_verify: { input: Signup & TokenWanted & { otp: string }; result: LoggedIn };
  login: { input: TokenWanted & { username: string; password: string }; result: LoggedIn };
  forgot_initiate: { input: CodeRequest & { email: string }; result: CodeSent };
  forgot_reset: {
    input: CodeRequest & { email: string; otp: string; new_password: string };
    result: { message: string };
  };
  logout: { input: Nothing; result: { message: string } };
  /** `token` only for callers that sent it themselves; a cookie is renewed over HTTP. */
  renew: { input: Nothing; result: { expires_at: Time; token?: string } };
  ws_ticket: { input: Nothing; result: { ticket: string; expires_in: number } };
  me: { input: Nothing; result: Profile };
  update_me: { input: { username?: string; profile_picture?: string }; result: Profile };
  change_password: { input: { password: string; new_password: string }; result: { message: string } };
  search_users: { input: { q: string }; result: { users: FoundUser[] } };
  last_seen: { input: { user_id: number }; result: { last_seen: Time; online: boolean } };
  list_conversations: {
    input: { limit?: number; cursor?: string };
    result: { conversations: ConversationSummary[]; next_cursor?: string; epoch: string };
  };
  open_private_conversation: { input: { other_user_id: number }; result: Made };
  create_group: { input: { name: string; member_ids: number[] }; result: Made };
  rename_conversation: { input: Conversation & { name: string }; result: Conversation & { name: string; seq: number } };
  list_participants: {
    input: Conversation & { limit?: number; cursor?: string };
    result: { participants: Participant[]; next_cursor?: string };
  };
  add_participant: { input: Conversation & { user_id: number }; result: Conversation & { seq?: number } };
  remove_participant: { input: Conversation & { user_id: number }; result: Conversation & { seq: number } };
  list_messages: {
    input: Conversation & { limit?: number; offset?: number; before?: number; after?: number };
    result: { messages: MessageRow[] };
  };
  message: {
    input: Conversation & { content: string; client_message_id?: string };
    /** `edited` or `deleted` for a message that was sent again and has been changed since. */
    result: NewMessage & { edited?: boolean; deleted?: boolean };
  };
  read_receipt: { input: { message_ids: number[] }; result: { message: string } };
  edit_message: { input: Message & { content: string }; result: ServerEvents['edited_message'] };
  delete_message: { input: Message; result: ServerEvents['deleted_message'] };
  delivered: { input: Conversation & { seq: number }; result: Conversation & { seq: number } };
  sync: {
    input: { conversations?: Record<string, number>; limit?: number; only_named?: boolean; epoch?: string };
    result: {
      conversations: Record<string, SyncedConversation>;
      new_conversations: ConversationSummary[];
      removed_conversations: number[];
      has_more: boolean;
      /** To be sent with the next `sync`; it changes when a backup is restored. */
      epoch: string;
    };
  };
  typing_start: { input: Conversation; result: { expires_at: Time } };
  typing_stop: { input: Conversation; result: Nothing };
};
export type OperationName = keyof Operations;
export type InputOf<Name extends OperationName> = Operations[Name]['input'];
export type ResultOf<Name extends OperationName> = Operations[Name]['result'];
