import { type ObjectSchema, ValidationError } from 'yup';
import { accepting } from './accepting.ts';
import { ChatError } from './errors.ts';

/** Gives back what an operation may use of what a client sent. @throws ChatError `invalid_input` with what is wrong */
export type Validate = (raw: unknown) => object;

/** Checks strictly, and gives back only what the schema names. */
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
  for (const name of names) named[name] = fields[name];
  return named;
}

function validatedByYup(schema: ObjectSchema<object>, named: object): object {
  try {
    return schema.validateSync(named, { strict: true, abortEarly: false });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const failures = error.inner.length > 0 ? error.inner : [error];
    throw new ChatError('invalid_input', {
      fields: failures.map(({ path, message }) => ({ field: path ?? '', message })),
    });
  }
}
