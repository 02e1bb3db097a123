/** A message may have so many characters, which are code points. */
export const MESSAGE_CHARACTERS = 4_096;
/** A part ends at the last blank among so many characters at its end, if there is one. */
const SEARCHED_CHARACTERS = 512;

const SEGMENTER = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Splits a text that is too long for one message; joined, the parts are the text again. A part ends after a blank or a
 * line break near its limit, or else between two characters as a reader sees them.
 */
export function splitText(text: string): string[] {
  if (text.length <= MESSAGE_CHARACTERS) return [text];
  const parts: string[] = [];
  let rest = text;
  for (let end = endOfPart(rest); end < rest.length; end = endOfPart(rest)) {
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...parts, rest];
}

/** The length of the first part in code units. */
function endOfPart(text: string): number {
  const most = lengthOf(text, MESSAGE_CHARACTERS);
  if (most === text.length) return most;
  const from = lengthOf(text, MESSAGE_CHARACTERS - SEARCHED_CHARACTERS);
  const blank = /^.*\s/su.exec(text.slice(from, most))?.[0].length;
  return blank === undefined ? graphemesWithin(text, from, most) : from + blank;
}

/** The length of the first characters in code units. */
function lengthOf(text: string, characters: number): number {
  let at = 0;
  for (let count = 0; count < characters && at < text.length; count += 1)
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

/** The last boundary between graphemes from `from` to `most`, or `most` if one grapheme is longer than that. */
function graphemesWithin(text: string, from: number, most: number): number {
  // the segments of a longer text show whether the last grapheme goes on behind `most`
  let end = 0;
  for (const { index } of SEGMENTER.segment(text.slice(from, most + SEARCHED_CHARACTERS)))
    if (from + index <= most) end = from + index;
  return end > from ? end : most;
}
