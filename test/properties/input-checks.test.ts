import { expect } from 'chai';
import fc from 'fast-check';
import { array, mixed, number, type ObjectSchema, object, ref, string, ValidationError } from 'yup';
import { inputOf } from '../../src/api-docs/inputs.ts';
import { ChatError } from '../../src/operation/errors.ts';
import { acceptsWithoutYup, text, withChecks } from '../../src/operation/inputs.ts';
import type { JsonSchema } from '../../src/operation/json-schema.ts';
import { normalizeIn, normalizersOf } from '../../src/operation/validation.ts';
import { operations } from '../../src/operations.ts';
import { IS_SOAK } from '../support/soak.ts';

const RUNS = IS_SOAK ? 300 : 60;
const aroundLimits = [-1, 0, 1, 2, 3, 8, 32, 64, 72, 100, 254, 1000, 2048, 4096].flatMap((limit) => [limit, limit + 1]);
const lengths = fc.constantFrom(...aroundLimits.filter((length) => length >= 0));
const numbers = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(...aroundLimits, 1.5, -0, 2 ** 53 - 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
);
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('a', '😀', '\ud800', '\0', ' ', '.', '@', '-', '1') }),
  fc.tuple(lengths, fc.constantFrom('a', '😀', 'é', ' ')).map(([length, unit]) => unit.repeat(length)),
  fc.constantFrom('alice', 'a.b@example.com', 'https://example.com/a.png', 'http://', '1758380100000-100', 'Chess'),
);
const ids = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
  fc.array(numbers, { maxLength: 4 }),
  lengths.map((length) => Array.from({ length }, (_, index) => index + 1)),
);
const seqsById = fc.dictionary(fc.constantFrom('1', '20', '0', '01', 'a', '-1'), numbers, { maxKeys: 3 });
const boxed = fc.constantFrom<unknown>(Object('a'), Object(1), Object(true), new Date(0), () => 1, null, undefined);
const anything = fc.oneof(numbers, texts, ids, seqsById, fc.boolean(), boxed, fc.jsonValue() as fc.Arbitrary<unknown>);

/** Inputs: some valid, some with one invalid field, some with only invalid fields. */
function inputsFor({ properties = {} }: JsonSchema, example: object): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.keys(properties).map((name) => [name, anything]));
  return fc.record(fields, { requiredKeys: [] }).chain((made) =>
    fc.subarray(Object.keys(example)).map((good) => {
      const kept = Object.entries(example).filter(([name]) => good.includes(name));
      return { ...made, ...Object.fromEntries(kept) };
    }),
  );
}

type Outcome = { value: unknown } | { fields: unknown } | { error: string };

/** The fields of the schema, normalised. */
function namedIn(schema: ObjectSchema<object>, input: Record<string, unknown>): Record<string, unknown> {
  const named = Object.fromEntries(Object.keys(schema.fields).map((name) => [name, input[name] ?? undefined]));
  normalizeIn(named, normalizersOf(schema));
  return named;
}

/** The outcome of validation by yup alone. */
function byYup(schema: ObjectSchema<object>, input: Record<string, unknown>): Outcome {
  const named = namedIn(schema, input);
  try {
    return { value: schema.validateSync(named, { strict: true, abortEarly: false }) };
  } catch (error) {
    if (!(error instanceof ValidationError)) return { fields: [{ field: '', message: 'cannot be read' }] };
    const failures = error.inner.length > 0 ? error.inner : [error];
    return { fields: failures.map(({ path, message }) => ({ field: path ?? '', message })) };
  }
}

function byServer(validate: (raw: unknown) => object, input: unknown): Outcome {
  try {
    return { value: validate(input) };
  } catch (error) {
    if (!(error instanceof ChatError)) return { error: String(error) };
    return { fields: error.fields };
  }
}

describe('Input that is accepted without yup', () => {
  for (const operation of Object.values(operations)) {
    const { name, input, validate } = operation;
    const { schema, example } = inputOf(operation);

    it(`is accepted by yup too, with the same fields: ${name}`, () => {
      const accepts = acceptsWithoutYup(input);
      let count = 0;
      const property = fc.property(inputsFor(schema, example), (given) => {
        const outcome = byYup(input, given);
        expect(byServer(validate, { ...given, unknown: 1 })).to.deep.equal(outcome);
        if (!accepts?.(namedIn(input, given))) return;
        count += 1;
        expect(outcome).to.have.property('value');
      });
      fc.assert(property, { numRuns: RUNS, examples: [[example]] });
      expect(count, 'this test needs some accepted inputs').to.be.above(0);
    });

    it(`includes every input that yup accepts: ${name}`, () => {
      const property = fc.property(inputsFor(schema, example), (given) => {
        expect(acceptsWithoutYup(input)?.(namedIn(input, given))).to.equal('value' in byYup(input, given));
      });
      fc.assert(property, { numRuns: RUNS, examples: [[example]] });
    });
  }

  const undecided = {
    'a list of values': string().oneOf(['a']),
    'a list of excluded values': string().notOneOf(['b']),
    'a condition': string().when('other', (_, schema) => schema.max(1)),
    'a type of array members': array().of(number()),
    'nested fields': object({ a: number() }),
    'another field instead of a schema': ref('other'),
    'a check without a predicate': withChecks(text(1, 5), { a: ['no', () => true] }).test('b', 'no', () => true),
    'a check that refuses absent values': string().test('present', 'no', (value) => value !== undefined),
    'a check that depends on another field': number().min(ref('other')),
    'a check that reads another field': mixed().test('same', 'no', (_, context) => context.parent.other !== 1),
    'a check that reads another field through `this`': mixed().test('same', 'no', function () {
      return this.parent?.other !== 1;
    }),
    'a check that resolves another field': mixed().test('differs', 'no', function (value) {
      return value !== this.resolve(ref('other'));
    }),
    'a check that creates its own error': mixed().test('own', 'no', (_, context) => context.createError() as never),
    'an asynchronous check': mixed().test('later', 'no', async () => true),
    'a check that throws': mixed().test('broken', 'no', () => {
      throw new Error('broken');
    }),
  };
  for (const [what, field] of Object.entries(undecided))
    it(`does not exist for a schema with ${what}`, () => {
      expect(acceptsWithoutYup(object({ other: number(), field }) as ObjectSchema<object>)).to.equal(undefined);
    });

  it('does not exist for a schema with a check of the whole object', () => {
    expect(acceptsWithoutYup(object({ a: number() }).noUnknown())).to.equal(undefined);
    expect(acceptsWithoutYup(object({ a: number() }).test('both', 'no', () => true))).to.equal(undefined);
  });

  it('is decided by the predicates, which are not called for absent values', () => {
    const accepts = acceptsWithoutYup(object({ a: withChecks(text(1, 5), { b: ['no', (value) => value !== 'x'] }) }));
    expect(['y', 'x', '', undefined, 5].map((a) => accepts?.({ a }))).to.deep.equal([true, false, false, true, false]);
  });
});
