import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { JsonSchema } from '../../src/json-schema.ts';

type Validate = ((value: unknown) => boolean) & { errors?: unknown };
type Ajv = { compile(schema: object): Validate };

// ajv comes with the validator of OpenAPI documents, which is built on it
const load = createRequire(import.meta.resolve('@seriousme/openapi-schema-validator'));
const { Ajv2020 } = load('ajv/dist/2020.js') as { Ajv2020: new (options: object) => Ajv };
const addFormats = load('ajv-formats') as { default(ajv: Ajv): void };

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);

/** Checks of values against schemas in which every object holds what it declares, and nothing else. */
const checks = new WeakMap<object, Validate>();

/** Holds a value to its documented schema, both ways: a declared field that is missing fails, and one that is not declared. */
export function mustConform(value: unknown, schema: JsonSchema, what: string): void {
  const valid = conforms(value, schema);
  expect(
    valid,
    `${what} is not as documented: ${JSON.stringify(errorsOf(schema))} in ${JSON.stringify(value)}`,
  ).to.equal(true);
}

export function conforms(value: unknown, schema: JsonSchema): boolean {
  const check = checks.get(schema) ?? ajv.compile(closed(schema));
  checks.set(schema, check);
  return check(value);
}

const errorsOf = (schema: JsonSchema) => checks.get(schema)?.errors;

/** The documents let answers get more fields; tests do not, or nobody would write the new ones down. */
function closed(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(items !== undefined && { items: closed(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: closed(additionalProperties) }),
    ...(properties !== undefined && {
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)])),
    }),
  };
}
