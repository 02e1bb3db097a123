import type { SchemaFieldDescription } from 'yup';
import type { JsonSchema } from '../operation/json-schema.ts';
import type { Operation } from '../operation/operation.ts';

type Described = Extract<SchemaFieldDescription, { optional: boolean }>;
export type Input = { readonly schema: JsonSchema; readonly example: Readonly<Record<string, unknown>> };

/** Larger numbers have the format int64, for code generators. */
const MAX_INT32 = 2 ** 31 - 1;

/** Descriptions and patterns of checks that yup does not describe, by the name of the yup test. */
const TEST_DOCS: Readonly<Record<string, { readonly sentence: string; readonly pattern: string }>> = {
  'well-formed': { sentence: 'No NUL, no half of a surrogate pair.', pattern: '^[^\\x00]*$' },
  visible: { sentence: 'Has to contain a visible character.', pattern: '^[^\\x00]*[^\\s\\x00][^\\x00]*$' },
  'plain-line': {
    sentence: 'No control, line-break or bidi characters.',
    pattern: '^[^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]*$',
  },
};

/** The JSON Schema of an operation's input, derived from the yup schema that validates it, and an example. */
export function inputOf({ input }: Operation): Input {
  const fields = Object.entries(input.describe().fields) as [string, Described][];
  const examples = fields.filter(([, { meta }]) => meta?.example !== undefined);
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field)])),
      required: fields.filter(([, { optional }]) => !optional).map(([name]) => name),
    },
    example: Object.fromEntries(examples.map(([name, { meta }]) => [name, meta?.example])),
  };
}

function schemaOf(field: Described): JsonSchema {
  const { example, description = '', normalize: _, checks: __, ...keywords } = field.meta ?? {};
  const examples = example === undefined ? {} : { examples: [example] };
  const tests = field.tests.flatMap(({ name }) => TEST_DOCS[name ?? ''] ?? []);
  const pattern = tests.at(-1)?.pattern;
  // yup refuses an empty string for a required field
  const notEmpty = field.type === 'string' && !field.optional ? { minLength: 1 } : {};
  const form = { ...notEmpty, ...(pattern !== undefined && { pattern }), ...limitsOf(field), ...keywords, ...examples };
  return {
    ...typeOf(field.type, form),
    description: [description, ...tests.map(({ sentence }) => sentence)].join(' '),
    ...form,
  };
}

/** The server accepts integers only. */
function typeOf(type: string, { maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): JsonSchema {
  if (type !== 'number') return { type };
  return { type: 'integer', format: maximum > MAX_INT32 ? 'int64' : 'int32' };
}

/** The limits that yup's own checks describe; custom checks describe theirs in the field's `meta`. */
function limitsOf({ tests }: Described): JsonSchema {
  const all = Object.assign({}, ...tests.map(({ params }) => params ?? {})) as {
    min?: number;
    max?: number;
    regex?: RegExp;
  };
  return {
    ...(all.min !== undefined && { minimum: all.min }),
    ...(all.max !== undefined && { maximum: all.max }),
    ...(all.regex !== undefined && { pattern: all.regex.source }),
  };
}
