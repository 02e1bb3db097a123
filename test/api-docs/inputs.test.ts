import { expect } from 'chai';
import { inputOf } from '../../src/api-docs/inputs.ts';
import type { JsonSchema } from '../../src/operation/json-schema.ts';
import { operations } from '../../src/operations.ts';
import { conforms, mustConform } from './conformance.ts';

const sized = (...lengths: (number | undefined)[]) =>
  lengths
    .flatMap((length) => (length === undefined || length < 0 ? [] : [length - 1, length, length + 1]))
    .filter((length) => length >= 0);

/** Values on both sides of each limit of a field, and of each type. */
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
  for (const operation of Object.values(operations)) {
    const { name } = operation;
    const { schema, example } = inputOf(operation);
    const fields = new Map<string, unknown>(Object.entries(operation.input.fields));
    it(`${name} accepts the same values as the server, field by field`, () => {
      for (const [field, documented] of Object.entries(schema.properties ?? {})) {
        const real = fields.get(field);
        if (!isSchema(real)) throw new Error(`${name} has no ${field}`);
        for (const value of samples(documented)) {
          const taken = real.isValidSync(value, { strict: true });
          if (!taken && onlyCodeSees(field, value)) continue;
          if (taken && field === 'token') continue; // all values but true mean no
          expect(conforms(value, documented), `${field}: ${JSON.stringify(value).slice(0, 80)}`).to.equal(taken);
        }
      }
    });

    it(`${name} has an example that the server accepts, and describes every field`, () => {
      expect(operation.input.isValidSync(example, { strict: true })).to.equal(true);
      mustConform(example, schema, name);
      for (const [field, { description }] of Object.entries(schema.properties ?? {})) {
        expect(description, field).to.match(/^[A-Z].*\.$/);
      }
    });
  }

  /**
   * JSON Schema counts characters, not bytes, lacks letters of other scripts, and can check only the beginning of a
   * URL.
   */
  function onlyCodeSees(field: string, value: unknown): boolean {
    if (typeof value !== 'string') return false;
    return (
      (field.endsWith('password') && Buffer.byteLength(value) > 72) ||
      (field === 'username' && /[^\p{L}\p{M}\p{Nd}_.-]/u.test(value)) ||
      (field === 'profile_picture' && !URL.canParse(value))
    );
  }
});
