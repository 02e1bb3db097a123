import { isSchema, type ObjectSchema, type Schema } from 'yup';

type Accepts = (value: unknown) => boolean;
type Field = readonly [name: string, accepts: Accepts];
/** What yup has in every schema and keeps to itself in its types: yup is pinned, and tests hold this to it. */
type Inside = { readonly internalTests: object; readonly conditions: readonly unknown[] };

/** Types that have nothing inside which would have to be checked too. */
const PLAIN_TYPES = new Set(['string', 'number', 'boolean', 'mixed', 'array']);
/** What yup itself checks of every value; `isType` says the same of all three together. */
const CHECKED_BY_IS_TYPE = new Set(['typeError', 'nullable', 'optionality']);

/** What a check may use of its surroundings: its own limits. For a check that looks at anything else, yup has to decide. */
const alone = Object.freeze(
  Object.assign(Object.create(new Proxy({}, { get: () => decline() })), {
    resolve: (limit: unknown) => (typeof limit === 'object' ? decline() : limit), // an object refers to other fields
  }),
);

/**
 * What of an object tells that yup would take it, strictly and as it is. yup makes a dozen closures for each check of each
 * field, which was a tenth of the CPU of a send. Here the same checks of the same schema are called one after the other,
 * so that valid input is accepted sooner; nothing is ever refused: false says that yup has to look.
 * @returns undefined if the schema holds anything that is not known here; then yup has to look at everything
 */
export function accepting(schema: ObjectSchema<object>): Accepts | undefined {
  const fields = Object.entries(schema.fields).map(([name, field]) => [name, acceptingField(field)] as const);
  if (schema.tests.length > 0 || !isPlain(schema) || !fields.every(isKnown)) return undefined;
  return (value) => {
    try {
      return fields.every(([name, accepts]) => accepts((value as Record<string, unknown>)[name]));
    } catch {
      return false; // also when a check itself is at fault: yup meets it again
    }
  };
}

const isKnown = (field: readonly [string, Accepts | undefined]): field is Field => field[1] !== undefined;

function acceptingField(field: unknown): Accepts | undefined {
  if (!isSchema(field)) return undefined;
  const schema = field as Schema; // its type is that of what yup could be given instead of one
  if (!PLAIN_TYPES.has(schema.type) || !isPlain(schema)) return undefined;
  const checks = schema.tests.map(acceptingCheck);
  return (value) => schema.isType(value) && checks.every((accepts) => accepts(value));
}

/** Nothing but types and tests: no list of values, no conditions, no type for what is inside. */
function isPlain(schema: Schema): boolean {
  const { internalTests, conditions } = schema as unknown as Inside;
  const inner = 'innerType' in schema ? schema.innerType : undefined;
  return (
    inner === undefined &&
    conditions.length === 0 &&
    Object.keys(internalTests).every((name) => CHECKED_BY_IS_TYPE.has(name))
  );
}

function acceptingCheck({ OPTIONS: check }: Schema['tests'][number]): Accepts {
  if (check === undefined) return decline;
  const { test, skipAbsent = false } = check;
  // only a plain yes is one: yup takes other answers too, and knows what they mean
  return (value) => (skipAbsent && (value === undefined || value === null)) || test.call(alone, value, alone) === true;
}

function decline(): never {
  throw new Error('yup has to decide');
}
