/** Characters that break a line, control a terminal, or change the text direction. */
const CONTROL = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const CONTROLS = new RegExp(`${CONTROL.source}+`, 'gu');

/** Whether a text has no control, line-break or bidi characters. */
export const isPlainLine = (text: string): boolean => !CONTROL.test(text);

/** The text with a blank in place of control, line-break and bidi characters. */
export const toPlainLine = (text: string): string => text.replace(CONTROLS, ' ').trim();

/** Whether every percent-encoded part of a text can be decoded as UTF-8. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
