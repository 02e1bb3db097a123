import type { SchemaFieldDescription } from 'yup';
import type { JsonSchema } from '../json-schema.ts';
import type { Operation } from '../operation.ts';

type Described = Extract<SchemaFieldDescription, { optional: boolean }>;
export type Input = { readonly schema: JsonSchema; readonly example: Readonly<Record<string, unknown>> };

/** An operation's input as JSON Schema, out of the schema that checks it, with an input that could be. */
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
  const { example, ...said } = field.meta ?? {};
  const examples = example === undefined ? {} : { examples: [example] };
  const type = field.type === 'number' ? 'integer' : field.type; // every number that the server takes is a whole one
  // yup takes no empty string for one that is required
  const notEmpty = field.type === 'string' && !field.optional ? { minLength: 1 } : {};
  return { type, ...notEmpty, ...limitsOf(field), ...said, ...examples };
}

/** What yup itself says of its own checks; our own ones say it in the field's `meta`. */
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
