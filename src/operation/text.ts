/** Characters that are invisible by themselves: ignorable ones, blanks, combining marks, and empty letters. */
const INVISIBLE = String.raw`\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u3164\u115F\u1160\u17B4\u17B5\uFFA0`;
const VISIBLE = new RegExp(`[^${INVISIBLE}]`, 'u');
/** Characters that break a line, control a terminal, or change the text direction. */
const CONTROL = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const CONTROLS = new RegExp(`${CONTROL.source}+`, 'gu');

/** Whether a text has a visible character. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

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
