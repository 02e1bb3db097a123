/** Draws nothing by itself: what Unicode ignores, blanks, marks without a letter, and letters that are empty. */
const INVISIBLE = String.raw`\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u3164\u115F\u1160\u17B4\u17B5\uFFA0`;
const VISIBLE = new RegExp(`[^${INVISIBLE}]`, 'u');
/** What breaks a line, drives a terminal, or turns the direction of what stands around it. */
const UNRULY = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** Whether a reader sees anything of a text. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** Whether a text keeps to its own line and direction: no control, line-break or bidi characters. */
export const isPlainLine = (text: string): boolean => !UNRULY.test(text);
