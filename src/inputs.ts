import { array, number, string } from 'yup';
import { isPlainLine, isVisible } from './text.ts';

/** Building blocks of the operations' input schemas. Messages name the limit, not the value: a value may be a secret. */

const wellFormed = (value: string | undefined) =>
  value === undefined || (value.isWellFormed() && !value.includes('\0'));
const characters = (value: string) => (value.length === 0 ? 0 : [...value].length);

/** Text of so many characters (code points); what a database or another client could not hold is refused. */
export const text = (least: number, most: number) =>
  string()
    .typeError('has to be a string')
    .test('well-formed', 'has to be well-formed text without NUL', wellFormed)
    .test('length', `has to have ${least} to ${most} characters`, (value) => {
      if (value === undefined) return true;
      // a code point has one or two units: most values are decided without taking them apart
      if (value.length > most * 2) return false;
      const count = value.length <= most && value.length >= least * 2 ? value.length : characters(value);
      return count >= least && count <= most;
    })
    .meta({ minLength: least, maxLength: most });

/** Text of which a reader sees something. */
export const visibleText = (least: number, most: number) =>
  text(least, most)
    .test('visible', 'must not be blank', (value) => value === undefined || isVisible(value))
    .meta({ pattern: '\\S' });

/** The same for a name, which keeps to its own line and direction. */
export const visibleName = (least: number, most: number) =>
  visibleText(least, most).test(
    'plain-line',
    'must not have control, line-break or bidi characters',
    (value) => value === undefined || isPlainLine(value),
  );

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const message =
    most === Number.MAX_SAFE_INTEGER
      ? `has to be a whole number from ${least}`
      : `has to be a whole number from ${least} to ${most}`;
  return number().typeError(message).integer(message).min(least, message).max(most, message);
};

/**
 * The id of a user, conversation or message.
 * @param description whose it is
 * @param example one that could be, for the documents
 */
export const id = (description: string, example?: number) =>
  wholeNumber(1)
    .typeError('has to be an id, a whole number')
    .meta({ description, ...(example !== undefined && { example }) });
export const required = 'is missing';
export const requiredId = (description: string, example: number) => id(description, example).required(required);
export const idOfConversation = () => requiredId('The conversation.', 100);
export const idOfGroup = () => requiredId('The group.', 101);
export const idOfMessage = (example = 5003) => requiredId('The message.', example);
export const idOfUser = (example = 43) => requiredId('The user.', example);

const isId = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1;

export const ids = (most: number, least = 1) => {
  const message = `has to be a list of ${least} to ${most} ids`;
  // checked as one: yup's `of` takes a second to make an error for each of the bad members that one request can hold
  return array<object, number>()
    .typeError(message)
    .test('ids', message, (all) => all === undefined || (all.length >= least && all.length <= most && all.every(isId)))
    .required(required)
    .meta({
      items: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      minItems: least,
      maxItems: most,
    });
};

/** An `http(s)` URL, or empty for none. */
export const pictureUrl = () =>
  text(0, 2048)
    .test('url', 'has to be an http(s) URL or empty', (value) => {
      if (value === undefined || value === '') return true;
      return /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value);
    })
    .meta({ pattern: '^([hH][tT][tT][pP][sS]?://\\S+)?$' });
