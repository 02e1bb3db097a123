import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { JsonSchema } from '../../src/operation/json-schema.ts';

type Validate = ((value: unknown) => boolean) & { errors?: unknown };
type Ajv = { compile(schema: object): Validate };

// ajv is a dependency of the validator of OpenAPI documents
const load = createRequire(import.meta.resolve('@seriousme/openapi-schema-validator'));
const { Ajv2020 } = load('ajv/dist/2020.js') as { Ajv2020: new (options: object) => Ajv };
const addFormats = load('ajv-formats') as { default(ajv: Ajv): void };

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);

/** Validates values against schemas whose objects have exactly the declared fields. */
const checks = new WeakMap<object, Validate>();

/** Checks a value against its documented schema both ways: missing and undeclared fields fail. */
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

/** The documents permit additional fields; the tests do not, so that new fields are documented. */
function closed(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, oneOf, format } = schema;
  return {
    ...schema,
    ...(format === 'date-time' && { pattern: 'Z$' }), // all times are in UTC
    ...(items !== undefined && { items: closed(items) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(closed) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: closed(additionalProperties) }),
    ...(properties !== undefined && {
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)])),
    }),
  };
}
