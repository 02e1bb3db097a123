import { type ObjectSchema, setLocale, ValidationError } from 'yup';
import { accepting } from './accepting.ts';
import { ChatError } from './errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'has to be true or false',
  number: 'has to be a number',
  string: 'has to be a string',
  array: 'has to be a list',
  object: 'has to be an object',
};
// for checks that have no sentence of their own: yup's name the value, which may be a secret and may be of any size
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

/** Gives back what an operation may use of what a client sent. @throws ChatError `invalid_input` with what is wrong */
export type Validate = (raw: unknown) => object;

/** Checks strictly, and gives back only what the schema names. A null counts as not given. */
export function validating(schema: ObjectSchema<object>): Validate {
  const names = Object.keys(schema.fields);
  const isAccepted = accepting(schema);
  return (raw) => {
    const fields = raw ?? {};
    if (typeof fields !== 'object' || Array.isArray(fields)) {
      throw new ChatError('invalid_input', { fields: [{ field: '', message: 'has to be an object' }] });
    }
    const named = pick(names, fields as Record<string, unknown>);
    return isAccepted?.(named) ? named : validatedByYup(schema, named);
  };
}

function pick(names: readonly string[], fields: Record<string, unknown>): object {
  const named: Record<string, unknown> = {};
  for (const name of names) named[name] = fields[name] ?? undefined;
  return named;
}

function validatedByYup(schema: ObjectSchema<object>, named: object): object {
  try {
    return schema.validateSync(named, { strict: true, abortEarly: false });
  } catch (error) {
    // a check looks at nothing but the input: one that breaks, such as of what is nested too deeply, breaks because of it
    if (!(error instanceof ValidationError))
      throw new ChatError('invalid_input', { fields: [{ field: '', message: 'cannot be read' }] });
    const failures = error.inner.length > 0 ? error.inner : [error];
    throw new ChatError('invalid_input', {
      fields: failures.map(({ path, message }) => ({ field: path ?? '', message })),
    });
  }
}
