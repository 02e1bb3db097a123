import { string } from 'yup';
import { required, text } from '../inputs.ts';
import { isCommon, normalizedPassword, PASSWORD_BYTES, PASSWORD_CHARACTERS } from './password-rules.ts';

const USERNAME = /^[A-Za-z0-9_.-]{3,32}$/;
const EMAIL_CHARACTERS = 254;
/** Good enough to send a letter to; whether anybody reads there, the code tells. */
const EMAIL = /^[^\s@<>()[\]\\,;:"]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}]{2,63}$/u;

export const username = () =>
  text(3, 32)
    .matches(USERNAME, {
      message: 'has to have 3 to 32 letters (A-Z), digits, _ . or -',
      excludeEmptyString: false,
    })
    .meta({ description: 'Letters (A–Z), digits, `_`, `.` and `-`; unique without regard to case.', example: 'alice' });

export const email = () =>
  text(3, EMAIL_CHARACTERS)
    .matches(EMAIL, 'has to be an e-mail address')
    // some characters are two in lower case
    .test('folded', `has to have at most ${EMAIL_CHARACTERS} characters in lower case`, (value) => {
      return value === undefined || value.length > 2 * EMAIL_CHARACTERS || keyOf(value).length <= EMAIL_CHARACTERS;
    })
    .required(required)
    .meta({ description: 'The address to which codes are sent.', example: 'alice@example.com' });

/** A new password; an old one is only ever compared. What counts is its form after normalising. */
export const newPassword = (example = 'StrongPassword123') =>
  text(PASSWORD_CHARACTERS, PASSWORD_BYTES)
    .test('characters', `has to have at least ${PASSWORD_CHARACTERS} characters`, (value) => {
      // one that is too short as it is typed is refused above
      const shrinks = value !== undefined && value.length >= PASSWORD_CHARACTERS;
      return !shrinks || [...normalizedPassword(value)].length >= PASSWORD_CHARACTERS;
    })
    .test('bytes', `has to have at most ${PASSWORD_BYTES} bytes in UTF-8`, (value) => {
      return value === undefined || Buffer.byteLength(normalizedPassword(value)) <= PASSWORD_BYTES;
    })
    .test('common', 'must not be one of the commonest passwords', (value) => value === undefined || !isCommon(value))
    .required(required)
    .meta({
      description: `At most ${PASSWORD_BYTES} bytes in UTF-8, after NFKC; not one of the commonest, and not a name of yours.`,
      example,
    });

/** Anything else than a code gets the same answer as a wrong one. */
export const oneTimeCode = () =>
  string()
    .typeError('has to be a string')
    .required(required)
    .meta({ description: 'The one-time code of the letter.', example: '123456' });

/** Which request for a code this is about; the cookie says it too. */
export const codeRequest = () =>
  text(1, 64).meta({
    description:
      'The `request_id` that the request for the code was answered with; the cookie `otp_request` says it too.',
    example: 'q3VnJ5mXh0rCk1sYb8tWzA2pLd4uEf6gHi9jKl7oNxQ',
  });

/** What makes two usernames, or two addresses, the same. */
export const keyOf = (name: string) => name.normalize('NFC').toLowerCase();
