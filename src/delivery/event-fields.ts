import {
  type Fields,
  flag,
  group,
  id,
  list,
  oneOf,
  openWord,
  optional,
  orNull,
  text,
  time,
  whole,
} from '../operation/fields.ts';
import { typeName } from '../operation/json-schema.ts';
import {
  type MessageRow,
  NAMESPACE_OF,
  type ServerEventName,
  type ServerEvents,
  type SystemEvent,
} from '../protocol.ts';

/** The documented fields of events, checked against the types of `protocol.ts` by the compiler and against a running server by tests. */

const conversation = id('The conversation.', 100);
const seq = whole('The number of this change in its conversation, from 1 and without gaps.', 17, 1);

const systemEvents: Record<SystemEvent, string> = {
  added_to_conversation: 'a user was added',
  removed_from_conversation: 'a user was removed, or left',
  admin_changed: 'a user became admin',
  renamed: 'the group has a new name',
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(NAMESPACE_OF) as ServerEventName[];

/** The types of messages. */
export const MESSAGE_TYPES = { message: 'sent by a user', system: 'an event of the conversation' };

const commonMessageFields = {
  conversation_id: conversation,
  message_id: id('The message.', 5003),
  seq,
  sender_id: id('The sender.', 43),
  sender_username: text('The username of the sender.', 'bob'),
  content: text('The text.', 'Hello!'),
  created_at: time('When it was sent.'),
};
const message = {
  ...commonMessageFields,
  client_message_id: optional(text('The `client_message_id` of the sender, if any.', 'c0ffee-1')),
} satisfies Fields<ServerEvents['message']>;

const typing = {
  conversation_id: conversation,
  sender_id: id('The user.', 43),
  sender_username: text('The username.', 'bob'),
  expires_at: time('When the indicator expires.'),
} satisfies Fields<ServerEvents['typing_start']>;

/** The payload of every event. */
export const EVENT_FIELDS = {
  message,
  system_message: {
    ...commonMessageFields,
    sender_id: id('The user who caused it.', 42),
    sender_username: text('The username of the user who caused it.', 'alice'),
    content: text('The event as a sentence.', 'alice added dave'),
    event: openWord(systemEvents, 'added_to_conversation', 'The event. '),
    user_id: orNull(id('The affected user, if any.', 45), 45),
  },
  edited_message: {
    conversation_id: conversation,
    message_id: id('The message.', 5003),
    seq,
    sender_id: id('The sender of the message.', 43),
    content: text('The new text.', 'Updated message content.'),
    edited_at: time('When it was edited.'),
  },
  deleted_message: {
    conversation_id: conversation,
    message_id: id('The message.', 5003),
    seq,
    sender_id: id('The user who deleted it.', 43),
    deleted_at: time('When it was deleted.'),
  },
  read_receipt: {
    conversation_id: conversation,
    message_ids: list(id('A message.', 5001), 'The messages that were read.', [5001, 5002]),
    sender_id: id('The user who read them.', 43),
    created_at: time('When they were read.'),
  },
  conversation_update: {
    conversation_id: whole('The conversation; 0 with `sync_required`.', 101),
    seq: whole('The number of this change; 0 with `new_conversation` and `sync_required`, which have none.', 17),
    sender_id: whole('The user who caused it; 0 with `sync_required`.', 42),
    content: openWord(
      {
        ...systemEvents,
        new_conversation: 'you are in a new conversation',
        sync_required: 'events of any conversation may have been missed: call `sync`',
      },
      'added_to_conversation',
      'The event. ',
    ),
    user_id: optional(id('The affected user, if any.', 45)),
    name: optional(text('The new name, with `renamed`.', 'Chess Club')),
    created_at: time('When it happened.'),
  },
  delivery_receipt: {
    conversation_id: conversation,
    seq: whole('Everything up to this number has been confirmed.', 17),
    user_id: id('The user who has confirmed it.', 43),
  },
  user_update: {
    sender_id: id('The user.', 43),
    sender_username: text('The current username.', 'bob'),
    profile_picture: text('The URL of the current picture; empty for none.', 'https://cdn.example.com/avatars/bob.jpg'),
    created_at: time('When it was sent.'),
  },
  typing_start: typing,
  typing_stop: typing,
  presence: {
    sender_id: id('The user.', 43),
    sender_username: text('The username.', 'bob'),
    content: oneOf({ online: 'has a connection', offline: 'has none' }, 'online'),
    last_seen: time('When the user was last active.'),
    expires_at: time('Until when it is valid unless it is repeated; for `offline`, when it was sent.'),
  },
} satisfies { [Name in ServerEventName]: Fields<ServerEvents[Name]> };

/** When each event is sent. */
export const EVENT_SUMMARIES = {
  message: 'A user sent a message.',
  system_message: 'An event of a conversation, which is part of its history.',
  edited_message: 'A message has a new text.',
  deleted_message: 'A message was deleted.',
  read_receipt: 'A user read messages; also sent to the user’s other devices.',
  conversation_update: 'A conversation is new, or its members or its name changed.',
  delivery_receipt:
    'A client of a user has confirmed messages. Sent only to clients that subscribed: `auth: { receipts: true }`, or `?receipts=1`.',
  user_update: 'A user you share a conversation with, or you, changed their name or picture.',
  typing_start: 'A user is typing. It expires after 6 s unless it is repeated.',
  typing_stop: 'A user has stopped typing.',
  presence: 'A user you share a conversation with came online or went offline.',
} satisfies Record<ServerEventName, string>;

/** The payload of an event as a field. */
export const eventPayload = <Name extends ServerEventName>(name: Name) =>
  group<ServerEvents[Name]>(
    `${typeName(name)}Event`,
    EVENT_FIELDS[name] as unknown as Fields<ServerEvents[Name]>,
    EVENT_SUMMARIES[name],
  );

const messageRow = {
  id: id('The message.', 5003),
  ...message,
  content: text('The text; empty once the message is deleted.', 'Hello!'),
  type: openWord<MessageRow['type']>(MESSAGE_TYPES, 'message'),
  status: oneOf(
    {
      sent: 'yours, not yet confirmed by every other member',
      delivered: 'yours: every other member has confirmed it; of another user: you have not read it',
      read: 'yours: every other member has read it; of another user: you have read it',
    },
    'delivered',
  ),
  edited: flag('Whether it was ever edited.', false),
  edited_at: orNull(time('When it was last edited.')),
  deleted: flag('Whether it was deleted.', false),
  deleted_at: orNull(time('When it was deleted.')),
  changed_seq: whole('The number of its last change: its `seq`, or that of its last edit or deletion.', 17, 1),
  event: optional(openWord(systemEvents, 'renamed', 'Of a system message: the event. ')),
  user_id: optional(orNull(id('Of a system message: the affected user, if any.', 45))),
} satisfies Fields<MessageRow>;

/** A message in a list. */
export const MESSAGE = group<MessageRow>('Message', messageRow, 'A message.');
