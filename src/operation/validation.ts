import { isSchema, type ObjectSchema, type Schema, setLocale, ValidationError } from 'yup';
import { ChatError } from './errors.ts';
import { acceptsWithoutYup } from './inputs.ts';

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'has to be true or false',
  number: 'has to be a number',
  string: 'has to be a string',
  array: 'has to be a list',
  object: 'has to be an object',
};
// messages of checks without their own: yup's defaults contain the value, which may be a secret and of any size
setLocale({
  mixed: {
    default: 'is not valid',
    required: 'is missing',
    defined: 'is missing',
    notNull: 'is missing',
    oneOf: 'is none of the values that are allowed',
    notOneOf: 'is a value that is not allowed',
    notType: ({ type }: { type: string }) => TYPES[type] ?? 'is of the wrong type',
  },
});

/** Returns the validated fields of a client's input. @throws ChatError `invalid_input` with the invalid fields */
export type Validate = (raw: unknown) => object;

/** Validates without coercion and returns only the fields of the schema. Null counts as absent. */
export function validating(schema: ObjectSchema<object>): Validate {
  const names = Object.keys(schema.fields);
  const isAccepted = acceptsWithoutYup(schema);
  const normalizers = normalizersOf(schema);
  return (raw) => {
    const fields = raw ?? {};
    if (typeof fields !== 'object' || Array.isArray(fields)) {
      throw new ChatError('invalid_input', { fields: [{ field: '', message: 'has to be an object' }] });
    }
    const named = pick(names, fields as Record<string, unknown>);
    normalizeIn(named, normalizers);
    return isAccepted?.(named) ? named : validatedByYup(schema, named);
  };
}

type Normalize = (text: string) => string;
type Normalizers = readonly (readonly [name: string, normalize: Normalize])[];

/** The fields with a `normalize` function in the `meta` of their schema. */
export function normalizersOf({ fields }: ObjectSchema<object>): Normalizers {
  return Object.entries(fields).flatMap(([name, field]) => {
    const normalize = isSchema(field) ? (field as Schema).meta()?.normalize : undefined;
    return typeof normalize === 'function' ? [[name, normalize as Normalize]] : [];
  });
}

/** Replaces the text of these fields by its normalised form. */
export function normalizeIn(named: Record<string, unknown>, normalizers: Normalizers): void {
  for (const [name, normalize] of normalizers) {
    const value = named[name];
    if (typeof value === 'string') named[name] = normalize(value);
  }
}

function pick(names: readonly string[], fields: Record<string, unknown>): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const name of names) named[name] = fields[name] ?? undefined;
  return named;
}

function validatedByYup(schema: ObjectSchema<object>, named: object): object {
  try {
    return schema.validateSync(named, { strict: true, abortEarly: false });
  } catch (error) {
    // checks depend on the input alone, so if one throws (on input that is nested too deeply, for example) it is invalid
    if (!(error instanceof ValidationError))
      throw new ChatError('invalid_input', { fields: [{ field: '', message: 'cannot be read' }] });
    const failures = error.inner.length > 0 ? error.inner : [error];
    throw new ChatError('invalid_input', {
      fields: failures.map(({ path, message }) => ({ field: path ?? '', message })),
    });
  }
}
