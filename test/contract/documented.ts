import { expect } from 'chai';
import { TIME } from './fixture.ts';

const PICTURE = 'https://cdn.example.com/avatars/alice.jpg';
const ALICE = { success: true, id: 42, username: 'alice', email: 'alice@example.com', profile_picture: PICTURE };

/** The responses of the published API, as documented. */
export const DOCUMENTED = {
  otpSent: { success: true, message: 'OTP sent' },
  loggedIn: { success: true, user_id: 42 },
  loggedOut: { success: true, message: 'Logged out successfully' },
  passwordUpdated: { success: true, message: 'Password updated' },
  me: { ...ALICE, created_at: '2025-09-20T12:34:56Z' },
  users: { success: true, users: [{ id: 43, username: 'alice_wonder', profile_picture: PICTURE }] },
  lastSeen: { success: true, last_seen: '2025-09-20T15:00:00Z' },
  conversations: {
    success: true,
    conversations: [
      {
        conversation_id: 100,
        is_group: false,
        name: 'alice & bob',
        profile_picture: 'https://cdn.example.com/group_avatars/100.jpg',
        last_message: { sender_id: 43, content: 'Hello!', created_at: '2025-09-20T14:55:00Z' },
        unread_count: 2,
        other_user_online: true,
      },
    ],
  },
  privateConversation: { conversation_id: 100, is_group: false },
  group: { success: true, conversation_id: 101, is_group: true },
  done: { success: true },
  participants: {
    success: true,
    participants: [{ id: 42, username: 'alice', profile_picture: PICTURE, is_admin: true }],
  },
  messages: {
    success: true,
    messages: [
      {
        id: 5001,
        sender_id: 42,
        content: 'Hey, how’s it going?',
        created_at: '2025-09-20T14:00:00Z',
        status: 'delivered',
        edited: false,
      },
    ],
  },
  message: {
    message_id: 5003,
    sender_id: 42,
    conversation_id: 100,
    content: 'Let’s meet up at 5 PM.',
    created_at: '2025-09-20T14:02:00Z',
  },
  markedAsRead: { success: true, message: 'Marked as read' },
  edited: {
    success: true,
    message_id: 5001,
    content: 'Updated message content.',
    edited_at: '2025-09-20T14:10:00Z',
  },
} as const;

/**
 * Checks that an answer has every documented key with the documented JSON type and nesting, and possibly more. A documented
 * time has to be a time in the answer, and a documented list must not be empty.
 */
export function expectShape(actual: unknown, documented: unknown, at = 'the answer'): void {
  if (Array.isArray(documented)) {
    expect(actual, at).to.be.an('array').that.is.not.empty;
    for (const [index, each] of (actual as unknown[]).entries()) expectShape(each, documented[0], `${at}[${index}]`);
  } else if (typeof documented === 'object' && documented !== null) {
    expect(actual, at).to.be.an('object');
    const fields = actual as Record<string, unknown>;
    for (const [key, value] of Object.entries(documented)) expectShape(fields[key], value, `${at}.${key}`);
  } else {
    expect(actual, at).to.be.a(typeof documented);
    if (TIME.test(String(documented))) expect(actual, at).to.match(TIME);
  }
}
