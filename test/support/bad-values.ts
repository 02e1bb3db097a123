import type { SchemaFieldDescription } from 'yup';
import { inputOf } from '../../src/api-docs/inputs.ts';
import type { JsonSchema } from '../../src/operation/json-schema.ts';
import type { Operation } from '../../src/operation/operation.ts';

/** Invalid values for a field, derived from its type, its limits and the names of its checks. */
export type BadValues = {
  /** Invalid over every transport. */
  readonly everywhere: readonly unknown[];
  /** Invalid in JSON; in a URL they are missing or look like valid text. */
  readonly inJson: readonly unknown[];
};
type Described = Extract<SchemaFieldDescription, { optional: boolean }>;

const missing = undefined;
const TOO_LARGE = 2 ** 53;
/** Longer text does not fit in a request body. */
const MAX_TEXT = 10_000;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const NOT_NUMBERS = ['abc', '1 ', true];
const NOT_NUMBERS_IN_JSON = ['1', [], [1], {}];
const NOT_TEXT_IN_JSON = [5, true, ['a'], {}];
const ILL_FORMED_IN_JSON = ['a\ud800', '\udc00a'];
const BAD_IDS = [missing, null, ...NOT_NUMBERS_IN_JSON, 0, -1, 1.5, TOO_LARGE, 1e300, ...NOT_NUMBERS];

/** Hostile values for what a check refuses. A check without an entry is tested by the generic values of its field. */
const OF_CHECK: Readonly<Record<string, readonly unknown[]>> = {
  'well-formed': ['a\0b'],
  visible: [' ', ' \n\t ', '\u00a0\u2003', '\u3164'],
  'plain-line': ['a\nb', 'a\u202Eb'],
  // blanks, invisible characters, leading and repeated marks, two alphabets, and a name that is longer in lower case
  username: [
    ...['', 'ab', ' ab ', 'a@b', 'a b', 'a\nb', 'ab\u200Bc', 'ab\u3164', '\u0301abc', `a${'\u0316'.repeat(5)}bc`],
    ...['pаypal', 'ß'.repeat(17)],
  ],
  email: [
    ...['', 'a', 'a@b', '@b.example', 'a b@c.example', 'a@b..example', 'a@b.c-', 'a@b.example.1', 'a@127.0.0.1'],
    ...['a@xn--.example', 'a\u200Bb@c.example', 'a\0@b.example'],
  ],
  common: ['password'],
  bytes: ['é'.repeat(37)],
  characters: ['1234567'],
  cursor: ['abc', '1-', '-1-1', `${'9'.repeat(16)}-1`],
  url: [
    ...['x', 'ftp://a.example/', 'javascript:alert(1)', 'http://', 'https://a b.example/', '//a.example/'],
    `https://a.example/${'x'.repeat(2048)}`,
  ],
  object: [...['abc', 5, [], { a: 1 }, { 0: 1 }, { 1: -1 }, { 1: 1.5 }, { 1: '1' }, { 1: TOO_LARGE }, { '-1': 1 }]],
};

/** For every field of an operation's input, values that it has to refuse. */
export function badValuesOf(operation: Operation): Record<string, BadValues> {
  const { properties = {} } = inputOf(operation).schema;
  const fields = Object.entries(operation.input.describe().fields) as [string, Described][];
  return Object.fromEntries(fields.map(([name, field]) => [name, badValues(field, properties[name] ?? {})]));
}

/** Whether the field accepts any value. */
export const acceptsAnything = (operation: Operation, name: string): boolean => {
  const { type, tests } = operation.input.describe().fields[name] as Described;
  return type === 'mixed' && tests.length === 0;
};

function badValues(field: Described, schema: JsonSchema): BadValues {
  const checks = field.tests.map(({ name = '' }) => name);
  const { everywhere, inJson } = ofType(field.type, schema, checks);
  return {
    everywhere: [...everywhere, ...checks.flatMap((check) => OF_CHECK[check] ?? [])],
    inJson: [...inJson, ...(field.optional ? [] : [missing, null])],
  };
}

function ofType(type: string, schema: JsonSchema, checks: readonly string[]): BadValues {
  if (type === 'number') {
    const { minimum = 0 } = schema;
    return {
      everywhere: [minimum - 1, -1, 1.5, TOO_LARGE, 1e300, ...NOT_NUMBERS],
      inJson: NOT_NUMBERS_IN_JSON,
    };
  }
  if (type === 'string') {
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
    return {
      everywhere: [...(minLength > 0 ? [''] : []), ...(maxLength <= MAX_TEXT ? ['x'.repeat(maxLength + 1)] : [])],
      inJson: [...NOT_TEXT_IN_JSON, ...(checks.includes('well-formed') ? ILL_FORMED_IN_JSON : [])],
    };
  }
  if (type === 'boolean') return { everywhere: ['perhaps', 1, [true]], inJson: ['true'] };
  if (type === 'array') {
    const { minItems = 0, maxItems = 0 } = schema;
    const lists = [...(minItems > 0 ? [[]] : []), upTo(maxItems + 1), ...BAD_IDS.flatMap((id) => [[id], [1, id]])];
    return { everywhere: [], inJson: ['abc', 5, {}, ...lists] };
  }
  return { everywhere: [], inJson: checks.length > 0 ? [true] : [] };
}
