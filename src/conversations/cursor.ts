import { ChatError } from '../operation/errors.ts';
import { text, withChecks } from '../operation/inputs.ts';

const CURSOR_CHARACTERS = 64;

/** The end of a page: the time by which the list is ordered, in milliseconds since 1970, and the id to order equal times. */
export type Position = { at: number; id: number };

const CURSOR = /^(\d{1,15})-(\d{1,15})$/;
const invalid = 'has to come from an earlier page';

export const cursorText = () =>
  withChecks(text(0, CURSOR_CHARACTERS), {
    cursor: [invalid, (value) => value === '' || CURSOR.test(value)],
  }).meta({
    description: 'The `next_cursor` of the previous page, unchanged; empty for the first page.',
    pattern: '^(\\d{1,15}-\\d{1,15})?$',
    examples: ['1758380100000-100'],
  });

export const cursorOf = ({ at, id }: Position): string => `${at}-${id}`;

/** @throws ChatError `invalid_input` for a malformed cursor */
export function parseCursor(cursor: string): Position {
  const [, at, id] = CURSOR.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    throw new ChatError('invalid_input', { fields: [{ field: 'cursor', message: invalid }] });
  }
  return { at: Number(at), id: Number(id) };
}
