import { dictionary } from '@zxcvbn-ts/language-common';
import { ChatError } from '../errors.ts';

/** bcrypt reads no further: what is longer is refused, never cut. */
export const PASSWORD_BYTES = 72;
export const PASSWORD_CHARACTERS = 8;
/** No text that is longer has 72 bytes after normalising. */
const MAX_NORMALIZED_BYTES = 4_096;
const PRODUCT = 'mmchat';

/** The commonest passwords that are long enough to be taken at all; the list is in lower case. */
const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((each) => each.length >= PASSWORD_CHARACTERS),
);

/** The form in which a password is hashed: the same whatever keyboard or system it was typed on. */
export const normalizedPassword = (password: string): string =>
  Buffer.byteLength(password) > MAX_NORMALIZED_BYTES ? password : password.normalize('NFKC');

/** Whether a password is among the first that anybody would try. */
export const isCommon = (password: string): boolean => COMMON.has(normalizedPassword(password).toLowerCase());

/**
 * Refuses a password that follows from whose it is: the username, the address of mail or its first part, or the name of
 * the product with nothing but digits and signs around it.
 * @param field as the input calls it
 * @throws ChatError `invalid_input`
 */
export function refuseNameAsPassword(
  password: string,
  { username, email }: { username?: string; email: string },
  field: string,
): void {
  const given = normalizedPassword(password).toLowerCase();
  const names = [username, email, email.split('@')[0]].map((name) => name?.normalize('NFKC').toLowerCase());
  const isProduct = given.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '') === PRODUCT;
  if (!isProduct && !names.includes(given)) return;
  const message = 'must not be the username, the e-mail address or the name of MmChat';
  throw new ChatError('invalid_input', { fields: [{ field, message }] });
}
