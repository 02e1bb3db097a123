import { createRequire } from 'node:module';
import { ChatError } from '../operation/errors.ts';

/** bcrypt ignores further bytes: longer passwords are refused, not truncated. */
export const PASSWORD_BYTES = 72;
export const PASSWORD_CHARACTERS = 8;
/** Longer text exceeds 72 bytes after normalising, too. */
const MAX_NORMALIZED_BYTES = 4_096;
const PRODUCT = 'mmchat';

/** The commonest passwords of sufficient length, in lower case. */
let common: ReadonlySet<string> | undefined;

/** Reads the list when it is first needed: unpacking it takes 0.1 s, a tenth of a start. */
function commonPasswords(): ReadonlySet<string> {
  const require = createRequire(import.meta.url);
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((each) => each.length >= PASSWORD_CHARACTERS));
}

/** The form of a password that is hashed: the same for every keyboard and system. */
export const normalizedPassword = (password: string): string =>
  Buffer.byteLength(password) > MAX_NORMALIZED_BYTES ? password : password.normalize('NFKC');

/** Whether a password is one of the commonest. */
export function isCommon(password: string): boolean {
  common ??= commonPasswords();
  return common.has(normalizedPassword(password).toLowerCase());
}

/**
 * Refuses a password that is the username, the e-mail address or its local part, or the product's name with nothing but
 * digits and punctuation around it.
 * @param field the name of the input field
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
