import { MESSAGE_TYPES } from '../delivery/event-fields.ts';
import * as field from '../operation/fields.ts';
import type { ConversationSummary, LastMessage, Participant } from '../protocol.ts';

/** Fields of results that several operations on conversations share. */

export const conversationId = field.id('The conversation.', 100);
export const groupId = field.id('The group.', 101);
export const seqField = field.whole('The number of this change in the conversation.', 17, 1);
export const epochField = field.text(
  'Send it with `sync`. A different one than before means that a backup was restored: drop your data.',
  '7d1a5e62-4b0c-4d53-9a63-0d5b1c3ce2a4',
);
const pictureField = field.text('The URL of a picture; empty for none.', 'https://cdn.example.com/avatars/bob.jpg');

const lastMessage = field.group<LastMessage>(
  'LastMessage',
  {
    message_id: field.id('The message.', 5003),
    seq: field.whole('Its number.', 3, 1),
    sender_id: field.id('Its sender.', 43),
    sender_username: field.text('The username of its sender.', 'bob'),
    content: field.text('The text; empty if it was deleted.', 'Hello!'),
    created_at: field.time('When it was sent.'),
    type: field.openWord<LastMessage['type']>(MESSAGE_TYPES, 'message'),
    deleted: field.flag('Whether it was deleted.', false),
  },
  'The newest message; null before the first one.',
);

const otherUser = field.group<NonNullable<ConversationSummary['other_user']>>(
  'OtherUser',
  {
    id: field.id('The user.', 43),
    username: field.text('The username.', 'bob'),
    profile_picture: pictureField,
    last_seen: field.time('When the user was last active.'),
  },
  'In a private conversation: the other user.',
);

/** A conversation in a list. */
export const conversationField = field.group<ConversationSummary>(
  'Conversation',
  {
    id: field.id('The conversation; the same as `conversation_id`.', 100),
    conversation_id: conversationId,
    is_group: field.flag('True for a group, false for a private conversation of two.', false),
    name: field.text('The name of the group, or both usernames.', 'alice & bob'),
    profile_picture: pictureField,
    last_message: field.orNull(lastMessage, lastMessage.example),
    last_seq: field.whole('The number of its last change.', 17),
    unread_count: field.whole('The number of messages of others that you have not read.', 2),
    participant_count: field.whole('How many users are in it, you among them.', 2, 1),
    other_user_online: field.flag('Whether the other user, or any other member of the group, is online.', true),
    other_user: field.optional(otherUser),
  },
  'A conversation.',
);

export const participantField = field.group<Participant>(
  'Participant',
  {
    id: field.id('The user.', 42),
    username: field.text('The username.', 'alice'),
    profile_picture: pictureField,
    is_admin: field.flag('Whether the user is an admin of the group.', true),
    online: field.flag('Whether the user has a connection.', true),
    last_seen: field.time('When the user was last active.'),
  },
  'A participant.',
);
