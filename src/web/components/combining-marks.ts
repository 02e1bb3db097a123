/** More combining marks on a letter would overlap the lines above and below; no script needs as many. */
const MAX_MARKS_IN_A_ROW = 8;
const STACKED = new RegExp(`(\\p{M}{${MAX_MARKS_IN_A_ROW}})\\p{M}+`, 'gu');

/** Keeps only the first eight of consecutive combining marks. */
export const limitCombiningMarks = (text: string): string => text.replace(STACKED, '$1');
