import { ChatError } from '../errors.ts';
import { text } from '../inputs.ts';

const CURSOR_CHARACTERS = 64;

/** Where a page ended: the moment by which its list is ordered, in milliseconds since 1970, and an id where moments are equal. */
export type Position = { at: number; id: number };

export const cursorText = () =>
  text(0, CURSOR_CHARACTERS).meta({ description: 'The `next_cursor` of the page before.' });

export const cursorOf = ({ at, id }: Position): string => `${at}-${id}`;

/** @throws ChatError `invalid_input` for what no page gave */
export function parseCursor(cursor: string): Position {
  const [, at, id] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    throw new ChatError('invalid_input', {
      fields: [{ field: 'cursor', message: 'has to come from an earlier page' }],
    });
  }
  return { at: Number(at), id: Number(id) };
}
