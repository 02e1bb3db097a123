import { expect } from 'chai';
import { inputOf } from '../../src/documentation/inputs.ts';
import type { JsonSchema } from '../../src/json-schema.ts';
import { operations } from '../../src/operations.ts';
import { conforms, mustConform } from './conformance.ts';

const sized = (...lengths: (number | undefined)[]) =>
  lengths
    .flatMap((length) => (length === undefined || length < 0 ? [] : [length - 1, length, length + 1]))
    .filter((length) => length >= 0);

/** Values on both sides of every limit that a field has, and of every type. */
function samples({ minLength, maxLength, minimum, maximum, minItems, maxItems }: JsonSchema): unknown[] {
  return [
    ...[
      null,
      true,
      0,
      1,
      -1,
      1.5,
      2 ** 53,
      -(2 ** 53),
      '',
      ' ',
      '\n\t',
      '1',
      'a',
      {},
      [],
      [1],
      [0],
      [1.5],
      ['1'],
      [[1]],
    ],
    ...[{ 1: 0 }, { 0: 1 }, { '01': 1 }, { a: 1 }, { 1: -1 }, { 1: 1.5 }, { 1: '1' }, { 1: null }],
    ...['alice', 'Alice.B-c_1', 'al ice', 'älice', 'alice@example.com', 'alice@example', 'a@b@c.de', '@example.com'],
    ...[
      'http://example.com/a',
      'HTTPS://example.com',
      'ftp://example.com',
      'http://',
      'https://exa mple.com',
      'javascript:x',
    ],
    ...sized(minimum, maximum),
    ...sized(minLength, maxLength).flatMap((length) => ['a'.repeat(length), '😀'.repeat(length), ' '.repeat(length)]),
    ...sized(minItems, maxItems).map((length) => Array.from({ length }, (_, index) => index + 1)),
  ];
}

type Schema = { isValidSync(value: unknown, options: object): boolean };
const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && 'isValidSync' in value;

describe('The documented input of', () => {
  for (const [name, { operation }] of Object.entries(operations)) {
    const { schema, example } = inputOf(operation);
    const fields = new Map<string, unknown>(Object.entries(operation.input.fields));
    it(`${name} takes what the server takes and refuses what it refuses, field by field`, () => {
      for (const [field, documented] of Object.entries(schema.properties ?? {})) {
        const real = fields.get(field);
        if (!isSchema(real)) throw new Error(`${name} has no ${field}`);
        for (const value of samples(documented)) {
          const taken = real.isValidSync(value, { strict: true });
          if (!taken && onlyCodeSees(field, value)) continue;
          expect(conforms(value, documented), `${field}: ${JSON.stringify(value).slice(0, 80)}`).to.equal(taken);
        }
      }
    });

    it(`${name} has an example that the server takes, and says what each field means`, () => {
      expect(operation.input.isValidSync(example, { strict: true })).to.equal(true);
      mustConform(example, schema, name);
      for (const [field, { description }] of Object.entries(schema.properties ?? {})) {
        expect(description, field).to.match(/^[A-Z].*\.$/);
      }
    });
  }

  /** JSON Schema counts characters, not bytes, and can only say what a URL begins with. */
  function onlyCodeSees(field: string, value: unknown): boolean {
    if (typeof value !== 'string') return false;
    return (
      (field.endsWith('password') && Buffer.byteLength(value) > 72) ||
      (field === 'profile_picture' && !URL.canParse(value))
    );
  }
});
