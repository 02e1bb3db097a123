import { expect } from 'chai';
import fc from 'fast-check';
import { array, mixed, number, type ObjectSchema, object, ref, string, ValidationError } from 'yup';
import { accepting } from '../../src/accepting.ts';
import { inputOf } from '../../src/documentation/inputs.ts';
import { ChatError } from '../../src/errors.ts';
import type { JsonSchema } from '../../src/json-schema.ts';
import { operations } from '../../src/operations.ts';

const RUNS = 300;
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
const marks = fc.dictionary(fc.constantFrom('1', '20', '0', '01', 'a', '-1'), numbers, { maxKeys: 3 });
const boxed = fc.constantFrom<unknown>(Object('a'), Object(1), Object(true), new Date(0), () => 1, null, undefined);
const anything = fc.oneof(numbers, texts, ids, marks, fc.boolean(), boxed, fc.jsonValue() as fc.Arbitrary<unknown>);

/** Inputs of which some are good, some bad in one field, and some in all. */
function inputsFor({ properties = {} }: JsonSchema, example: object): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.keys(properties).map((name) => [name, anything]));
  return fc.record(fields, { requiredKeys: [] }).chain((made) =>
    fc.subarray(Object.keys(example)).map((good) => {
      const kept = Object.entries(example).filter(([name]) => good.includes(name));
      return { ...made, ...Object.fromEntries(kept) };
    }),
  );
}

type Taken = { value: unknown } | { fields: unknown } | { fault: string };

/** What is named and given. */
const namedIn = (schema: ObjectSchema<object>, input: Record<string, unknown>) =>
  Object.fromEntries(Object.keys(schema.fields).map((name) => [name, input[name] ?? undefined]));

/** What yup alone makes of an input: the named fields of which none is null, every reason against it, or that it cannot be read. */
function byYup(schema: ObjectSchema<object>, input: Record<string, unknown>): Taken {
  const named = namedIn(schema, input);
  try {
    return { value: schema.validateSync(named, { strict: true, abortEarly: false }) };
  } catch (error) {
    if (!(error instanceof ValidationError)) return { fields: [{ field: '', message: 'cannot be read' }] };
    const failures = error.inner.length > 0 ? error.inner : [error];
    return { fields: failures.map(({ path, message }) => ({ field: path ?? '', message })) };
  }
}

function byServer(validate: (raw: unknown) => object, input: unknown): Taken {
  try {
    return { value: validate(input) };
  } catch (error) {
    if (!(error instanceof ChatError)) return { fault: String(error) };
    return { fields: error.fields };
  }
}

describe('What is accepted without yup', () => {
  for (const [name, { operation }] of Object.entries(operations)) {
    const { input, validate } = operation;
    const { schema, example } = inputOf(operation);

    it(`is accepted by yup too, field by field, and given the same: ${name}`, () => {
      const accepts = accepting(input);
      let count = 0;
      const property = fc.property(inputsFor(schema, example), (given) => {
        const taken = byYup(input, given);
        expect(byServer(validate, { ...given, unknown: 1 })).to.deep.equal(taken);
        if (!accepts?.(given)) return;
        count += 1;
        expect(taken).to.have.property('value');
      });
      fc.assert(property, { numRuns: RUNS, examples: [[example]] });
      expect(count, 'some have to be accepted for this to mean anything').to.be.above(0);
    });

    it(`includes every input that yup takes: ${name}`, () => {
      const property = fc.property(inputsFor(schema, example), (given) => {
        expect(accepting(input)?.(namedIn(input, given))).to.equal('value' in byYup(input, given));
      });
      fc.assert(property, { numRuns: RUNS, examples: [[example]] });
    });
  }

  const unknown = {
    'values that are listed': string().oneOf(['a']),
    'values that are excluded': string().notOneOf(['b']),
    'a condition': string().when('other', (_, schema) => schema.max(1)),
    'members with a type of their own': array().of(number()),
    'fields of fields': object({ a: number() }),
    'another field instead of a schema': ref('other'),
  };
  for (const [what, field] of Object.entries(unknown))
    it(`is nothing of a schema with ${what}`, () => {
      expect(accepting(object({ other: number(), field }) as ObjectSchema<object>)).to.equal(undefined);
    });

  it('is nothing of a schema that checks the object as a whole', () => {
    expect(accepting(object({ a: number() }).noUnknown())).to.equal(undefined);
    expect(accepting(object({ a: number() }).test('both', 'no', () => true))).to.equal(undefined);
  });

  const undecided = {
    'that depends on another field': number().min(ref('other')),
    'that looks at another field': mixed().test('same', 'no', (_, context) => context.parent.other !== 1),
    'that looks at another field, by `this`': mixed().test('same', 'no', function () {
      return this.parent?.other !== 1;
    }),
    'that compares with another field': mixed().test('differs', 'no', function (value) {
      return value !== this.resolve(ref('other'));
    }),
    'that words its own refusal': mixed().test('own', 'no', (_, context) => context.createError() as never),
    'that answers later': mixed().test('later', 'no', async () => true),
    'that fails itself': mixed().test('broken', 'no', () => {
      throw new Error('broken');
    }),
  };
  for (const [what, field] of Object.entries(undecided))
    it(`is nothing with a check ${what}`, () => {
      const schema = object({ other: number(), field }) as ObjectSchema<object>;
      expect(accepting(schema)?.({ other: 1, field: 5 })).to.equal(false);
    });

  it('is nothing that a check refuses because it is missing', () => {
    const there = string().test('there', 'no', (value) => value !== undefined);
    expect(accepting(object({ there }))?.({})).to.equal(false);
  });
});
