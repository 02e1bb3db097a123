import type { Descriptions } from './descriptions.ts';
import { flag, group, id, list, optional, orNull, text, time, whole } from './fields.ts';

const conversation = id('The conversation.', 100);
const groupId = id('The group.', 101);
const seq = whole('The number of this change in the conversation.', 17, 1);
const picture = text('The URL of a picture; empty for none.', 'https://cdn.example.com/avatars/bob.jpg');

const lastMessage = group(
  {
    message_id: id('The message.', 5003),
    seq: whole('Its number.', 3, 1),
    sender_id: id('Who sent it.', 43),
    sender_username: text('The name of who sent it.', 'bob'),
    content: text('The text; empty if it was deleted.', 'Hello!'),
    created_at: time('When it was sent.'),
    type: text('`message` or `system`.', 'message'),
    deleted: flag('Whether it was deleted.', false),
  },
  'The newest message; null before the first one.',
);

const otherUser = group(
  {
    id: id('The user.', 43),
    username: text('Their name.', 'bob'),
    profile_picture: picture,
    last_seen: time('When they were last active.'),
  },
  'Of a private conversation: the other one in it.',
);

/** A conversation in a list. */
export const summary = {
  id: id('The conversation; the same as `conversation_id`.', 100),
  conversation_id: conversation,
  is_group: flag('Whether it is a group, or the private conversation of two.', false),
  name: text('The name of the group, or both usernames.', 'alice & bob'),
  profile_picture: picture,
  last_message: orNull(lastMessage, lastMessage.example),
  last_seq: whole('The number of its last change.', 17),
  unread_count: whole('How many messages of others you have not read.', 2),
  other_user_online: flag('Whether the other one, or anybody else of the group, is online.', true),
  other_user: optional(otherUser),
};

const ofMembers = ['not_participant', 'private_conversation', 'not_admin', 'unknown_user'] as const;

/** What the operations on conversations do and answer. */
export const conversationDescriptions: Descriptions = {
  list_conversations: {
    summary: 'Your conversations, the newest activity first',
    result: {
      conversations: list(group(summary, 'A conversation.'), 'At most 500.'),
      next_cursor: optional(text('Where the next page begins, if there is one.', '1758380100000-100')),
    },
  },
  open_private_conversation: {
    summary: 'The private conversation with somebody, made if there is none yet',
    details: 'It is always the same one for the same two.',
    result: { conversation_id: conversation, is_group: flag('Never.', false) },
    errors: ['own_conversation', 'unknown_user'],
  },
  create_group: {
    summary: 'Make a group, with you as its admin',
    result: { conversation_id: groupId, is_group: flag('Always.', true) },
    errors: ['unknown_member'],
  },
  rename_conversation: {
    summary: 'Give a group another name (admins only)',
    result: { conversation_id: groupId, name: text('The new name.', 'Chess Club'), seq },
    errors: ['not_participant', 'private_conversation', 'not_admin'],
  },
  list_participants: {
    summary: 'The people in a conversation, the longest-standing first',
    result: {
      participants: list(
        group(
          {
            id: id('The user.', 42),
            username: text('Their name.', 'alice'),
            profile_picture: picture,
            is_admin: flag('Whether they are an admin of the group.', true),
            online: flag('Whether they have a connection.', true),
            last_seen: time('When they were last active.'),
          },
          'A participant.',
        ),
        'A page of them.',
      ),
      next_cursor: optional(text('For `cursor`, where there are more.', '1758376440000-42')),
    },
    errors: ['not_participant'],
  },
  add_participant: {
    summary: 'Add somebody to a group (admins only)',
    details: 'Whoever joins sees the whole history, of which nothing counts as unread.',
    result: { conversation_id: groupId, seq: optional(seq) },
    errors: [...ofMembers, 'group_full'],
  },
  remove_participant: {
    summary: 'Take somebody out of a group (admins only), or leave it',
    details:
      'Once it is answered, they are told nothing more of the conversation. When the last admin leaves, the longest-standing member becomes admin.',
    result: { conversation_id: groupId, seq },
    errors: [...ofMembers, 'unknown_participant'],
  },
};
