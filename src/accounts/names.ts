import { domainToASCII } from 'node:url';

/** Normalising and comparing usernames, e-mail addresses and codes as people type them. */

export const USERNAME_CHARACTERS = 32;
export const EMAIL_CHARACTERS = 254;
/** Longer text cannot be a name, address or code, and is not normalised. */
const MAX_NORMALIZED_LENGTH = 1_024;

const BLANK = String.raw`[\s\p{Z}\p{Cf}]`;
const BLANKS_AT_ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, 'gu');
const BLANKS = new RegExp(`${BLANK}+`, 'gu');

/** Visible letters and digits of any script, with their combining marks. */
const USERNAME = /^(?!\p{M})(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}_.-]){3,32}$/u;
const MANY_MARKS = /\p{M}{5}/u;
/** Scripts with letters that look alike: a name may have letters of only one of them. */
const CONFUSABLE_SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Coptic', 'Cherokee', 'Lisu'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);

/** The local part of an address that e-mail can be sent to; the code proves that somebody reads it. */
const LOCAL_PART = /^[^\s\p{Z}\p{Cc}\p{Cf}@<>()[\]\\,;:"]{1,64}$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002\uFF0E\uFF61-]+$/u;
const ASCII_DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?:[a-z]{2,63}|xn--[a-z\d-]{0,58}[a-z\d])$/;

const isLong = (text: string) => text.length > MAX_NORMALIZED_LENGTH;

/** Removes blanks and invisible characters at both ends, which keyboards and copying add. */
export const trimBlanks = (text: string): string => (isLong(text) ? text : text.replace(BLANKS_AT_ENDS, ''));

/** Removes all blanks: no username and no address has one. */
export const removeBlanks = (text: string): string => (isLong(text) ? text : text.replace(BLANKS, ''));

/** A username as it is stored: in NFKC, which for example maps full-width letters to plain ones. */
export const normalizedUsername = (name: string): string => (isLong(name) ? name : trimBlanks(name).normalize('NFKC'));

/** Whether a normalised name is a valid username. */
export const isUsername = (name: string): boolean =>
  USERNAME.test(name) &&
  !MANY_MARKS.test(name) &&
  CONFUSABLE_SCRIPTS.filter((script) => script.test(name)).length <= 1 &&
  charactersOf(usernameKeyOf(name)) <= USERNAME_CHARACTERS;

/** The key by which usernames are unique: without regard to case and normalisation form. */
export const usernameKeyOf = (name: string): string =>
  isLong(name) ? name : name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');

/** Whether a text is a valid e-mail address; a domain in any script is checked in its ASCII form. */
export function isEmail(address: string): boolean {
  const [local, domain] = partsOf(address);
  return (
    LOCAL_PART.test(local) &&
    DOMAIN.test(domain) &&
    ASCII_DOMAIN.test(domainToASCII(domain)) &&
    charactersOf(emailKeyOf(address)) <= EMAIL_CHARACTERS
  );
}

/** The key by which addresses are unique: the domain in its ASCII form, the local part without regard to case. */
export function emailKeyOf(address: string): string {
  if (isLong(address)) return address;
  const [local, domain] = partsOf(address);
  return `${local.normalize('NFC').toLowerCase()}@${domainToASCII(domain)}`;
}

function partsOf(address: string): [local: string, domain: string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(0, at)), address.slice(at + 1)];
}

/** A one-time code in ASCII digits: removes blanks and dashes, and converts the digits of any script. */
export const normalizedCode = (code: string): string =>
  isLong(code)
    ? code
    : removeBlanks(code.normalize('NFKC'))
        .replace(/\p{Pd}/gu, '')
        .replace(/\p{Nd}/gu, plainDigit);

/** In Unicode the ten digits of a script are consecutive: a digit's value is the number of digits before it. */
function plainDigit(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value += 1;
  return String(value);
}

const charactersOf = (text: string) => [...text].length;
