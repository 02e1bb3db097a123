import addressparser from 'nodemailer/lib/addressparser';
import type { Parser } from './definition.ts';

const MAX_ADDRESS_LENGTH = 254;
const ADDRESS = /^[^\s\p{Cc}@<>()[\]\\,;:"]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;
const EXPECTED = 'one e-mail address, ADDRESS or NAME <ADDRESS>';

/** The sender of e-mails over SMTP. */
export const sender: Parser<string> = {
  expected: EXPECTED,
  read(text) {
    senderOf(text);
    return text;
  },
};

/** The sender for SendGrid, which expects the name without quotes. */
export const sendgridSender: Parser<string> = {
  expected: EXPECTED,
  read(text) {
    const { name, address } = senderOf(text);
    if (/[<>]/.test(name)) throw 'a sender without < and > in its name';
    return name === '' ? address : `${name} <${address}>`;
  },
};

function senderOf(text: string): { name: string; address: string } {
  const [sole, ...others] = addressparser(text);
  if (/[\p{Cc}\u2028\u2029]/u.test(text) || sole?.address === undefined || others.length > 0) throw EXPECTED;
  const { name, address } = sole;
  const isWhole = text === address || text.endsWith(`<${address}>`); // addressparser is lenient
  if (!isWhole || !ADDRESS.test(address) || address.includes('..') || address.length > MAX_ADDRESS_LENGTH)
    throw EXPECTED;
  return { name, address };
}
