import { string } from 'yup';
import { required, text, withChecks } from '../operation/inputs.ts';
import {
  EMAIL_CHARACTERS,
  isEmail,
  isUsername,
  normalizedCode,
  normalizedUsername,
  removeBlanks,
  trimBlanks,
  USERNAME_CHARACTERS,
} from './names.ts';
import { isCommon, normalizedPassword, PASSWORD_BYTES, PASSWORD_CHARACTERS } from './password-rules.ts';

/** The size of the largest request body. */
const MAX_CHARACTERS = 65_536;
/** Patterns for the API documents, without `\p{…}`, which the regular expressions of many languages lack. */
const USERNAME_PATTERN = String.raw`^[^\s\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]{3,32}$`;
const LABEL = String.raw`[^\s\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]`;
const EMAIL_PATTERN = String.raw`^[^\s\x00@<>()\[\]\\,;:\x22]{1,64}@(${LABEL}{1,63}\.)+${LABEL}{2,63}$`;

/** A new username, normalised as it is stored. */
export const username = () =>
  withChecks(text(3, USERNAME_CHARACTERS), {
    username: ['has to have 3 to 32 letters, digits, _ . or -, and letters of one alphabet', isUsername],
  }).meta({
    description:
      'Letters and digits of any script, `_`, `.` and `-`; unique without regard to case. Latin, Cyrillic and Greek letters are not mixed.',
    example: 'alice',
    pattern: USERNAME_PATTERN,
    normalize: normalizedUsername,
  });

/** An e-mail address, in any script. */
export const email = () =>
  withChecks(text(3, EMAIL_CHARACTERS), { email: ['has to be an e-mail address', isEmail] })
    .required(required)
    .meta({
      description: 'The address to which codes are sent; at most 254 characters, also in lower case.',
      example: 'alice@example.com',
      pattern: EMAIL_PATTERN,
      normalize: trimBlanks,
    });

/** Any text that may name an account; refuses only text that the database cannot store. */
export const anyName = (description: string, example: string) =>
  text(1, MAX_CHARACTERS).required(required).meta({ description, example, normalize: removeBlanks });

/** A password to compare. */
export const anyPassword = () =>
  text(1, MAX_CHARACTERS).required(required).meta({ description: 'Yours.', example: 'StrongPassword123' });

/** A new password; lengths are those of its normalised form. */
export const newPassword = (example = 'StrongPassword123') =>
  withChecks(text(PASSWORD_CHARACTERS, PASSWORD_BYTES), {
    characters: [
      `has to have at least ${PASSWORD_CHARACTERS} characters`,
      // the length before normalising is checked above
      (value) => value.length < PASSWORD_CHARACTERS || [...normalizedPassword(value)].length >= PASSWORD_CHARACTERS,
    ],
    bytes: [
      `has to have at most ${PASSWORD_BYTES} bytes in UTF-8`,
      (value) => Buffer.byteLength(normalizedPassword(value)) <= PASSWORD_BYTES,
    ],
    common: ['must not be one of the commonest passwords', (value) => !isCommon(value)],
  })
    .required(required)
    .meta({
      description: `At most ${PASSWORD_BYTES} bytes in UTF-8, after NFKC; not one of the commonest, and not a name of yours.`,
      example,
    });

/** Text that is not a code is refused like a wrong code. */
export const oneTimeCode = () =>
  string()
    .typeError('has to be a string')
    .required(required)
    .meta({ description: 'The one-time code from the e-mail.', example: '123456', normalize: normalizedCode });

/** The request for a code; clients with cookies need not send it. */
export const codeRequest = () =>
  text(1, 64).meta({
    description: 'The `request_id` that the request for the code returned; the cookie `otp_request` contains it too.',
    example: 'q3VnJ5mXh0rCk1sYb8tWzA2pLd4uEf6gHi9jKl7oNxQ',
  });
