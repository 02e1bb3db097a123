/** More marks on one letter reach over the lines around it; no script needs as many. */
const MAX_MARKS_IN_A_ROW = 8;
const STACKED = new RegExp(`(\\p{M}{${MAX_MARKS_IN_A_ROW}})\\p{M}+`, 'gu');

/** A text as it is drawn: of combining marks in a row only the first eight. */
export const drawable = (text: string): string => text.replace(STACKED, '$1');
