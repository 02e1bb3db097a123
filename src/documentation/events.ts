import type { MessageRow, ServerEventName, ServerEvents, SystemEvent } from '../protocol.ts';
import { type Fields, flag, id, list, oneOf, optional, orNull, text, time, whole } from './fields.ts';

/** What each event tells. The types of `protocol.ts` hold these to their fields, and tests hold both to a running server. */

const conversation = id('The conversation.', 100);
const seq = whole('The number of this change in its conversation, from 1 and without holes.', 17, 1);

const happenings: Record<SystemEvent, string> = {
  added_to_conversation: 'somebody was added',
  removed_from_conversation: 'somebody was removed, or left',
  admin_changed: 'somebody became admin',
  renamed: 'the group has a new name',
};

const anyMessage = {
  conversation_id: conversation,
  message_id: id('The message.', 5003),
  seq,
  sender_id: id('Who sent it.', 43),
  sender_username: text('The name of who sent it.', 'bob'),
  content: text('The text.', 'Hello!'),
  created_at: time('When it was sent.'),
};
const message = {
  ...anyMessage,
  client_message_id: optional(text('The id that its sender gave it, if any.', 'c0ffee-1')),
} satisfies Fields<ServerEvents['message']>;

const typing = {
  conversation_id: conversation,
  sender_id: id('Who is typing.', 43),
  sender_username: text('Their name.', 'bob'),
  expires_at: time('Until when it holds.'),
} satisfies Fields<ServerEvents['typing_start']>;

/** The payload of every event. */
export const EVENT_FIELDS = {
  message,
  system_message: {
    ...anyMessage,
    sender_id: id('Who did it.', 42),
    sender_username: text('The name of who did it.', 'alice'),
    content: text('What happened, as a sentence.', 'alice added dave'),
    event: oneOf(happenings, 'added_to_conversation', 'What happened. '),
    user_id: orNull(id('To whom it happened, if to anybody.', 45), 45),
  },
  edited_message: {
    conversation_id: conversation,
    message_id: id('The message.', 5003),
    seq,
    sender_id: id('Whose message it is.', 43),
    content: text('Its new text.', 'Updated message content.'),
    edited_at: time('When it was edited.'),
  },
  deleted_message: {
    conversation_id: conversation,
    message_id: id('The message.', 5003),
    seq,
    sender_id: id('Who deleted it.', 43),
    deleted_at: time('When it was deleted.'),
  },
  read_receipt: {
    conversation_id: conversation,
    message_ids: list(id('A message.', 5001), 'The messages that were read.', [5001, 5002]),
    sender_id: id('Who read them.', 43),
    created_at: time('When.'),
  },
  conversation_update: {
    conversation_id: whole('The conversation; 0 with `sync_required`.', 101),
    seq: whole('The number of this change; 0 with `new_conversation` and `sync_required`, which have none.', 17),
    sender_id: whole('Who did it; 0 with `sync_required`.', 42),
    content: oneOf(
      {
        ...happenings,
        new_conversation: 'you are in a new conversation',
        sync_required: 'something may have been missed in any conversation: ask for `sync`',
      },
      'added_to_conversation',
      'What happened. ',
    ),
    user_id: optional(id('To whom it happened, if to anybody.', 45)),
    name: optional(text('The new name, with `renamed`.', 'Chess Club')),
    created_at: time('When.'),
  },
  delivery_receipt: {
    conversation_id: conversation,
    seq: whole('Everything up to this number has been confirmed.', 17),
    user_id: id('Who has confirmed it.', 43),
  },
  user_update: {
    sender_id: id('Whose profile it is.', 43),
    sender_username: text('Their name now.', 'bob'),
    profile_picture: text('Their picture now; empty for none.', 'https://cdn.example.com/avatars/bob.jpg'),
    created_at: time('When it was told.'),
  },
  typing_start: typing,
  typing_stop: typing,
  presence: {
    sender_id: id('Who.', 43),
    sender_username: text('Their name.', 'bob'),
    content: oneOf({ online: 'has a connection', offline: 'has none' }, 'online'),
    last_seen: time('When they were last active.'),
    expires_at: time('Until when it holds unless it is repeated; for `offline`, when it was said.'),
  },
} satisfies { [Name in ServerEventName]: Fields<ServerEvents[Name]> };

/** When each event is told. */
export const EVENT_SUMMARIES = {
  message: 'Somebody sent a message.',
  system_message: 'Something happened to a conversation; it is kept in the history.',
  edited_message: 'A message has a new text.',
  deleted_message: 'A message was deleted.',
  read_receipt: 'Somebody read messages; also told to their own other devices.',
  conversation_update: 'A conversation is new, or its members or its name changed.',
  delivery_receipt:
    'Somebody’s side has confirmed messages. Only told to clients that asked: `auth: { receipts: true }`, or `?receipts=1`.',
  user_update: 'Somebody you share a conversation with, or you yourself, has another name or picture.',
  typing_start: 'Somebody is typing. It runs out after 6 s unless it is repeated.',
  typing_stop: 'Somebody has stopped typing.',
  presence: 'Somebody you share a conversation with came or went.',
} satisfies Record<ServerEventName, string>;

/** A message in a list. */
export const MESSAGE_ROW = {
  id: id('The message.', 5003),
  ...message,
  content: text('The text; empty once the message is deleted.', 'Hello!'),
  type: oneOf({ message: 'somebody wrote it', system: 'something happened to the conversation' }, 'message'),
  status: oneOf(
    {
      sent: 'yours, not yet confirmed by everybody',
      delivered: 'every other member’s side has confirmed it; of somebody else’s: you have not read it',
      read: 'every other member has read it; of somebody else’s: you have',
    },
    'delivered',
  ),
  edited: flag('Whether it was ever edited.', false),
  edited_at: orNull(time('When it was last edited.')),
  deleted: flag('Whether it was deleted.', false),
  deleted_at: orNull(time('When it was deleted.')),
  changed_seq: whole('The number of its last change: its `seq`, or that of its last edit or deletion.', 17, 1),
  event: optional(oneOf(happenings, 'renamed', 'Of a system message: what happened. ')),
  user_id: optional(orNull(id('Of a system message: to whom it happened, if to anybody.', 45))),
} satisfies Fields<MessageRow>;
