import type { JsonSchema } from '../json-schema.ts';

/** A field of an answer or an event: its schema, a value that it could have, and whether it may be left out. */
export type Field<Value = unknown, Optional extends boolean = boolean> = {
  readonly schema: JsonSchema;
  readonly example: unknown;
  readonly optional: Optional;
  /** For the compiler alone: what a field describes must be exactly what it stands for. */
  readonly of?: (value: Value) => Value;
};

/** The description of exactly the fields of a type of `protocol.ts`: one more or one less does not compile. */
export type Fields<Type> = {
  readonly [Name in keyof Type]-?: Field<
    Exclude<Type[Name], undefined>,
    Record<never, never> extends Pick<Type, Name> ? true : false
  >;
};
export type AnyFields = Readonly<Record<string, Omit<Field, 'of'>>>;

const field = <Value>(schema: JsonSchema, example: unknown): Field<Value, false> => ({
  schema,
  example,
  optional: false,
});

export const whole = (description: string, example: number, minimum = 0) =>
  field<number>({ type: 'integer', minimum, description }, example);
export const id = (description: string, example: number) => whole(description, example, 1);
export const text = (description: string, example: string) => field<string>({ type: 'string', description }, example);
export const flag = (description: string, example: boolean) =>
  field<boolean>({ type: 'boolean', description }, example);

/** RFC 3339 in UTC. */
export const time = (description: string, example = '2025-09-20T14:55:00.000Z') =>
  field<string>({ type: 'string', format: 'date-time', pattern: 'Z$', description }, example);

/** Always the same. */
export const exactly = <Value extends string | boolean>(value: Value, description?: string) =>
  field<Value>({ type: typeof value, const: value, ...(description !== undefined && { description }) }, value);

/** One of several words; every word of the type has to be explained. */
export const oneOf = <Value extends string>(
  words: Readonly<Record<Value, string>>,
  example: NoInfer<Value>,
  about = '',
) => field<Value>({ type: 'string', enum: Object.keys(words), description: `${about}${explained(words)}` }, example);

const explained = (words: Readonly<Record<string, string>>) =>
  Object.entries(words)
    .map(([word, meaning]) => `\`${word}\`: ${meaning}`)
    .join('; ');

export const optional = <Value>({ schema, example }: Field<Value>): Field<Value, true> => ({
  schema,
  example,
  optional: true,
});

/** @param example what it is like here; null unless it is given */
export const orNull = <Value>({ schema }: Field<Value>, example: unknown = null) =>
  field<Value | null>({ ...schema, type: [schema.type ?? [], 'null'].flat() }, example);

export const list = <Value>(of: Field<Value>, description: string, example: unknown = [of.example]) =>
  field<Value[]>({ type: 'array', description, items: of.schema }, example);

/** Numbers from … to …, both of them included. */
export const spans = (description: string, example: readonly [number, number][]) =>
  list(
    field<number[]>({ type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 2, maxItems: 2 }, []),
    description,
    example,
  );

export const group = (fields: AnyFields, description: string) =>
  field<object>({ ...schemaOf(fields), description }, exampleOf(fields));

/** An object of things by the id of their conversation. */
export const perConversation = (fields: AnyFields, description: string) =>
  field<object>(
    { type: 'object', description, propertyNames: { pattern: '^[1-9]\\d*$' }, additionalProperties: schemaOf(fields) },
    { 100: exampleOf(fields) },
  );

export function schemaOf(fields: AnyFields): JsonSchema {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    required: entries.filter(([, each]) => !each.optional).map(([name]) => name),
  };
}

export const exampleOf = (fields: AnyFields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, { example }]) => [name, example]));
