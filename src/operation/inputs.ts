import { array, type InferType, number, type ObjectSchema, Schema, string } from 'yup';
import { isPlainLine } from './text.ts';

/** Builders for the input schemas of operations. Error messages name the limit, not the value, which may be a secret. */

type Check<Value> = readonly [message: string, accepts: (value: Value) => boolean];
type Accepts = (value: unknown) => boolean;

/**
 * Adds checks to a schema, by name. Each predicate is stored in the schema's `meta` as well, so that valid input can be
 * accepted without yup (see `acceptsWithoutYup`). Predicates are not called for absent values.
 */
export const withChecks = <S extends Schema>(schema: S, checks: Record<string, Check<NonNullable<InferType<S>>>>): S =>
  Object.entries(checks).reduce(
    (checked, [name, [message, accepts]]) =>
      checked
        .test(name, message, (value) => value === undefined || accepts(value))
        .meta({ checks: { ...checked.meta()?.checks, [name]: accepts as Accepts } }),
    schema,
  );

const isNotEmpty = (value: unknown) => (value as string).length > 0;

/**
 * Whether yup would accept an input: yup makes a dozen closures per check, which cost a tenth of the CPU time of a send.
 * The predicates of `withChecks` are called instead; yup is needed only for the error messages of invalid input.
 * @returns undefined if a field has a check without a predicate; then yup has to decide
 */
export function acceptsWithoutYup({ fields, tests }: ObjectSchema<object>): Accepts | undefined {
  const predicates = Object.entries(fields).map(([name, field]) => [name, predicateOf(field)] as const);
  if (tests.length > 0 || !predicates.every(isKnown)) return undefined;
  return (input) => predicates.every(([name, accepts]) => accepts((input as Record<string, unknown>)[name]));
}

const isKnown = (entry: readonly [string, Accepts | undefined]): entry is readonly [string, Accepts] =>
  entry[1] !== undefined;

function predicateOf(field: unknown): Accepts | undefined {
  if (!(field instanceof Schema)) return undefined;
  const { tests, oneOf, notOneOf, meta, ...description } = field.describe();
  const checks: Record<string, Accepts> = { ...(field.type === 'string' && { required: isNotEmpty }), ...meta?.checks };
  const accepts = tests.flatMap(({ name = '' }) => checks[name] ?? []);
  const isNested = 'fields' in description || 'innerType' in description;
  const isConditional = field.deps.length > 0;
  const isListed = oneOf.length > 0 || notOneOf.length > 0;
  if (accepts.length < field.tests.length || isNested || isConditional || isListed) return undefined;
  return (value) =>
    field.isType(value) && (value === undefined || value === null || accepts.every((accept) => accept(value)));
}

const isWellFormed = (value: string) => value.isWellFormed() && !value.includes('\0');

/** Text of `least` to `most` code points that databases and clients can represent. */
export const text = (least: number, most: number) =>
  withChecks(string().typeError('has to be a string'), {
    'well-formed': ['has to be well-formed text without NUL', isWellFormed],
    length: [`has to have ${least} to ${most} characters`, (value) => hasLength(value, least, most)],
  }).meta({ minLength: least, maxLength: most });

/** Counts code points only where the number of code units, which is once or twice as high, does not decide. */
function hasLength(value: string, least: number, most: number): boolean {
  if (value.length > most * 2) return false;
  const count = value.length <= most && value.length >= least * 2 ? value.length : [...value].length;
  return count >= least && count <= most;
}

/** Characters that are invisible by themselves: ignorable ones, blanks, combining marks, and empty letters. */
const INVISIBLE = String.raw`\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u3164\u115F\u1160\u17B4\u17B5\uFFA0`;
const VISIBLE = new RegExp(`[^${INVISIBLE}]`, 'u');

/** Whether a text has a visible character. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** Text with at least one visible character. */
export const visibleText = (least: number, most: number) =>
  withChecks(text(least, most), { visible: ['must not be blank', isVisible] });

/** Visible text on one line that does not change the direction of the text around it. */
export const visibleName = (least: number, most: number) =>
  withChecks(visibleText(least, most), {
    'plain-line': ['must not have control, line-break or bidi characters', isPlainLine],
  });

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const message =
    most === Number.MAX_SAFE_INTEGER
      ? `has to be a whole number from ${least}`
      : `has to be a whole number from ${least} to ${most}`;
  // yup's own checks, so that API documents have the limits
  const checks: Record<string, (value: number) => boolean> = {
    integer: Number.isInteger,
    min: (value) => value >= least,
    max: (value) => value <= most,
  };
  return number()
    .typeError(message)
    .integer(message)
    .min(least, message)
    .max(most, message)
    .meta({ checks: checks as Record<string, Accepts> });
};

/**
 * The id of a user, conversation or message.
 * @param example for the API documents
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
  // one check for the whole list: yup's `of` takes a second to create the errors of a full list of invalid ids
  return withChecks(array<object, number>().typeError(message), {
    ids: [message, (all) => all.length >= least && all.length <= most && all.every(isId)],
  })
    .required(required)
    .meta({
      items: { type: 'integer', format: 'int64', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      minItems: least,
      maxItems: most,
    });
};

const URL_CHARACTERS = 2_048;
const isUrlOrEmpty = (value: string) => value === '' || (/^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value));

/** Whether `pictureUrl` accepts a text. */
export const isPictureUrl = (value: string): boolean =>
  isWellFormed(value) && hasLength(value, 0, URL_CHARACTERS) && isUrlOrEmpty(value);

/** An `http(s)` URL, or empty for none. */
export const pictureUrl = () =>
  withChecks(text(0, URL_CHARACTERS), { url: ['has to be an http(s) URL or empty', isUrlOrEmpty] }).meta({
    pattern: '^([hH][tT][tT][pP][sS]?://[^\\s\\x00]+)?$',
  });
