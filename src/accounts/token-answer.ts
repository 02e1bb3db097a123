import { mixed } from 'yup';
import { timeOf } from '../time.ts';
import { expiryOf } from './tokens.ts';

/**
 * Whether the answer to a login is to contain the token, for programs without cookies. Any value but `true` means no:
 * some clients send a stored token along with the other fields of an account.
 */
export const wantsToken = () =>
  mixed<boolean>().meta({
    type: 'boolean',
    description:
      'For programs: with `true` the answer contains the token. The cookie is set in any case; browsers need no more.',
    example: true,
  });

/** The fields of a new session's token in the answer, if it was requested. */
export const tokenAnswer = (token: string, wanted: unknown): { token?: string; expires_at?: string } =>
  wanted === true ? { token, expires_at: timeOf(expiryOf(token)) } : {};
