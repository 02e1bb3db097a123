import * as field from '../operation/fields.ts';
import type { FoundUser, Profile, ResultOf } from '../protocol.ts';

/** Fields of results that several operations on accounts share. */

const pictureField = field.text('The URL of a picture; empty for none.', 'https://cdn.example.com/avatars/alice.jpg');

export const profileFields = {
  id: field.id('Your id.', 42),
  username: field.text('Your name.', 'alice'),
  email: field.text(
    'Your e-mail address; other users never receive it. Empty for an imported account without one.',
    'alice@example.com',
  ),
  profile_picture: pictureField,
  created_at: field.time('When you signed up.', '2025-09-20T12:34:56.000Z'),
} satisfies field.Fields<Profile>;

export const loginFields = {
  user_id: field.id('Your id.', 42),
  token: field.optional(
    field.text(
      'The token, if requested: to be sent as `Authorization: Bearer`.',
      'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
    ),
  ),
  expires_at: field.optional(field.time('When the token expires; only with `token`.', '2025-09-21T14:55:00.000Z')),
} satisfies field.Fields<ResultOf<'login'>>;

export const codeSentFields = {
  message: field.fixed('OTP sent'),
  request_id: field.text(
    'The id of this request, to be sent with the code; also set as the cookie `otp_request`.',
    'q3VnJ5mXh0rCk1sYb8tWzA2pLd4uEf6gHi9jKl7oNxQ',
  ),
} satisfies field.Fields<ResultOf<'signup_initiate'>>;

export const userField = field.group<FoundUser>(
  'User',
  { id: field.id('The user.', 43), username: field.text('The username.', 'bob'), profile_picture: pictureField },
  'A user.',
);
