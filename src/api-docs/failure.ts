import { ERRORS } from '../operation/errors.ts';
import { schemaOf, text } from '../operation/fields.ts';
import type { JsonSchema } from '../operation/json-schema.ts';
import { namedSchema } from '../operation/json-schema.ts';

/** The code of an error: not an enum, so that clients accept the codes of later versions. */
export const codeSchema: JsonSchema = {
  type: 'string',
  description: `The code of the error, for programs. Later versions may add codes; currently: ${Object.keys(ERRORS)
    .map((code) => `\`${code}\``)
    .join(', ')}.`,
};

export const fieldError: JsonSchema = namedSchema('FieldError', {
  ...schemaOf({
    field: text('The field, with its index if it is in a list; empty for the input as a whole.', 'content'),
    message: text('The problem; follows the name of the field.', 'is missing'),
  }),
  description: 'An invalid field.',
});
