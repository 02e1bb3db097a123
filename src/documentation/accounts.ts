import type { Descriptions } from './descriptions.ts';
import { exactly, flag, group, id, list, text, time, whole } from './fields.ts';

const picture = text('The URL of a picture; empty for none.', 'https://cdn.example.com/avatars/alice.jpg');

const profile = {
  id: id('You.', 42),
  username: text('Your name.', 'alice'),
  email: text('Your address; nobody else is told.', 'alice@example.com'),
  profile_picture: picture,
  created_at: time('When you signed up.', '2025-09-20T12:34:56.000Z'),
};
const loggedIn = { user_id: id('You.', 42) };
const sent = {
  message: exactly('OTP sent'),
  request_id: text(
    'The request, to be named with the code; also the cookie `otp_request`.',
    'q3VnJ5mXh0rCk1sYb8tWzA2pLd4uEf6gHi9jKl7oNxQ',
  ),
};

/** What the operations on accounts do and answer. */
export const accountDescriptions: Descriptions = {
  signup_initiate: {
    summary: 'Begin to sign up: a one-time code goes to the address',
    details: 'An address that has an account already gets the same answer, and a letter that says so.',
    result: sent,
    cookie: 'request',
    errors: ['username_taken'],
  },
  signup_verify: {
    summary: 'Finish signing up with the code, and be logged in',
    result: loggedIn,
    cookie: 'set',
    errors: ['username_taken', 'invalid_otp'],
  },
  login: {
    summary: 'Log in',
    details: 'Failed tries are limited per account and network, and per address of origin.',
    result: loggedIn,
    cookie: 'set',
    uncounted: true,
    errors: ['invalid_credentials'],
  },
  forgot_initiate: {
    summary: 'Begin to set a new password: a one-time code goes to the address',
    details: 'An address without an account gets the same answer, and no letter.',
    result: sent,
    cookie: 'request',
  },
  forgot_reset: {
    summary: 'Set a new password with the code',
    details: 'It ends all of your sessions.',
    result: { message: exactly('Password updated') },
    cookie: 'cleared',
    errors: ['invalid_otp'],
  },
  logout: {
    summary: 'Log out: the session’s token stops working and its sockets are closed',
    details: 'Over HTTP it needs no session: a cookie whose session has ended is taken away too.',
    result: { message: exactly('Logged out successfully') },
    cookie: 'cleared',
  },
  ws_ticket: {
    summary: 'Get a ticket that opens one plain WebSocket',
    details: 'It keeps the token out of URLs and logs: `/api/ws?ticket=…`.',
    result: {
      ticket: text('Works once.', '4f6PjbWyLV0jXyrZC1uF7qkYb1pYqj0xkXf1qg1bJ3k'),
      expires_in: whole('For so many seconds.', 30),
    },
  },
  me: { summary: 'Your own profile', result: profile },
  update_me: {
    summary: 'Change what is given of your profile',
    result: {
      ...profile,
      username: text('Your name.', 'alice_new'),
      profile_picture: text('The URL of your picture.', 'https://cdn.example.com/avatars/alice_new.jpg'),
    },
    errors: ['username_taken'],
  },
  search_users: {
    summary: 'Find users by a part of their name',
    result: {
      users: list(
        group({ id: id('The user.', 43), username: text('Their name.', 'bob'), profile_picture: picture }, 'A user.'),
        'At most 20, the best match first.',
      ),
    },
  },
  last_seen: {
    summary: 'When a user was last active',
    result: { last_seen: time('Now, for one who is online.'), online: flag('Whether they have a connection.', false) },
    errors: ['unknown_user'],
  },
};
