import { summary } from './conversations.ts';
import type { Descriptions } from './descriptions.ts';
import { EVENT_FIELDS, MESSAGE_ROW } from './events.ts';
import { exactly, flag, group, id, list, optional, perConversation, spans, text, time, whole } from './fields.ts';

const notYours = ['unknown_message', 'not_participant', 'not_sender'] as const;
const update = group(EVENT_FIELDS.conversation_update, 'A `conversation_update`, as it was told.');
const messages = (description: string) => list(group(MESSAGE_ROW, 'A message.'), description);

const caughtUp = {
  seq: whole('Where this answer leads to: ask with it next time.', 17),
  has_more: flag('Whether there is more of this conversation: ask again at once.', false),
  reset: flag('Whether to forget the messages that you have: the gap is too long, and these are the newest.', false),
  messages: messages('The messages that are new or have changed, as they are now.'),
  updates: list(update, 'The changes of members and name.', []),
  last_seq: whole('The number of the conversation’s newest change.', 17),
  unread_count: whole('How many messages of others you have not read.', 2),
  read: spans('The numbers that you have read, from … to …; of what was read out of order, the newest 500 numbers.', [
    [0, 15],
  ]),
  others_read: spans('The numbers that all others who were there have read, likewise.', [[0, 17]]),
  others_delivered: spans('The numbers that all others who were there have confirmed, likewise.', [[0, 17]]),
  others_delivered_seq: whole('Up to this number all others who are there now have confirmed.', 17),
};

/** What the operations on messages do and answer. */
export const messageDescriptions: Descriptions = {
  list_messages: {
    summary: 'A page of a conversation’s messages, the newest first',
    details:
      'Fetching messages confirms that they were delivered, if they continue what was confirmed before. `before` and `after` do not shift when messages arrive.',
    result: { messages: messages('The page.') },
    errors: ['not_participant', 'unknown_message'],
  },
  message: {
    summary: 'Send a message',
    details:
      'It is answered once it is on the disk. With a `client_message_id` it happens once: sent again, also over another transport and at any later time, it makes no second message and gets the first one’s answer, with the text as it is now. With another text, or in another conversation, it is refused.',
    result: {
      ...EVENT_FIELDS.message,
      sender_id: id('You.', 42),
      sender_username: text('Your name.', 'alice'),
      content: text('The text.', 'Let’s meet up at 5 PM.'),
      edited: optional(flag('Of a message that was sent again and had been edited since.', true)),
      deleted: optional(flag('Of a message that was sent again and had been deleted since.', true)),
    },
    errors: ['not_participant', 'client_message_id_reused'],
  },
  read_receipt: {
    summary: 'Mark messages as read',
    details: 'All of them, or none and an error.',
    result: { message: exactly('Marked as read') },
    errors: ['unknown_message', 'not_participant', 'too_many_gaps'],
  },
  edit_message: {
    summary: 'Give your message another text',
    result: EVENT_FIELDS.edited_message,
    errors: notYours,
  },
  delete_message: {
    summary: 'Delete a message: for its sender and the group’s admins',
    details: 'It keeps its place in the history, without its text.',
    result: EVENT_FIELDS.deleted_message,
    errors: notYours,
  },
  delivered: {
    summary: 'Confirm that you have everything of a conversation up to a number',
    result: { conversation_id: id('The conversation.', 100), seq: whole('Up to there you have confirmed.', 2) },
    errors: ['not_participant'],
  },
  sync: {
    summary: 'Catch up on what you have missed',
    details:
      'A page at a time: while `has_more`, ask again with the numbers of the answer. Live events that arrive meanwhile are not lost between the two.',
    result: {
      conversations: perConversation(caughtUp, 'By the id of each conversation.'),
      new_conversations: list(group(summary, 'A conversation.'), 'Those that you did not name.', []),
      removed_conversations: list(id('A conversation.', 102), 'Those that you are no longer in.', []),
      has_more: flag('Whether there is more anywhere.', false),
    },
  },
  typing_start: {
    summary: 'Tell the others that you are typing',
    result: { expires_at: time('It runs out then, 6 s from now, unless it is repeated.') },
    errors: ['not_participant'],
  },
  typing_stop: { summary: 'Tell the others that you have stopped typing', result: {}, errors: ['not_participant'] },
};
