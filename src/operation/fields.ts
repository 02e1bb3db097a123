import type { Span } from '../protocol.ts';
import { type JsonSchema, namedSchema, nameOf } from './json-schema.ts';

/** A field of a result or an event: its schema, an example, and whether it is optional. */
export type Field<Value = unknown, Optional extends boolean = boolean> = {
  readonly schema: JsonSchema;
  readonly example: unknown;
  readonly optional: Optional;
  /** For type checking only: the field has exactly this type. */
  readonly of?: (value: Value) => Value;
};

/** The fields of a type of `protocol.ts`: an additional or missing one does not compile. */
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

/** An integer, declared as 64 bits for generated clients. */
export const whole = (description: string, example: number, minimum = 0) =>
  field<number>({ type: 'integer', format: 'int64', minimum, description }, example);
export const id = (description: string, example: number) => whole(description, example, 1);
export const text = (description: string, example: string) => field<string>({ type: 'string', description }, example);
export const flag = (description: string, example: boolean) =>
  field<boolean>({ type: 'boolean', description }, example);

/** RFC 3339 in UTC. The schema has no pattern: generated clients would apply it to their own date type. */
export const time = (description: string, example = '2025-09-20T14:55:00.000Z') =>
  field<string>({ type: 'string', format: 'date-time', description }, example);

/** A constant that identifies the kind of a frame. */
export const exactly = <Value extends string>(value: Value) => field<Value>({ type: 'string', const: value }, value);

/** A constant text. It is not a `const` in the schema, which many generators handle badly. */
export const fixed = (value: string) => text(`Always \`${value}\`.`, value);

/** One of a closed set of words. The type requires an explanation of each. */
export const oneOf = <Value extends string>(
  words: Readonly<Record<Value, string>>,
  example: NoInfer<Value>,
  about = '',
) => field<Value>({ type: 'string', enum: Object.keys(words), description: `${about}${explained(words)}` }, example);

/** One of a set of words that may grow in later versions: clients have to accept unknown words. */
export const openWord = <Value extends string>(
  words: Readonly<Record<Value, string>>,
  example: NoInfer<Value>,
  about = '',
) => field<Value>({ type: 'string', description: `${about}${explained(words)}. There may be more.` }, example);

const explained = (words: Readonly<Record<string, string>>) =>
  Object.entries(words)
    .map(([word, meaning]) => `\`${word}\`: ${meaning}`)
    .join('; ');

export const optional = <Value>({ schema, example }: Field<Value>): Field<Value, true> => ({
  schema,
  example,
  optional: true,
});

/** @param example null unless given */
export const orNull = <Value>({ schema }: Field<Value>, example: unknown = null) =>
  field<Value | null>(
    nameOf(schema) !== undefined
      ? { oneOf: [schema, { type: 'null' }] }
      : { ...schema, type: [schema.type ?? [], 'null'].flat() },
    example,
  );

export const list = <Value>(of: Field<Value>, description: string, example: unknown = [of.example]) =>
  field<Value[]>({ type: 'array', description, items: of.schema }, example);

/** Ranges of numbers, including both ends. */
export const spans = (description: string, example: readonly Span[]) =>
  list(
    field<Span>(
      { type: 'array', items: { type: 'integer', format: 'int64', minimum: 0 }, minItems: 2, maxItems: 2 },
      [],
    ),
    description,
    example,
  );

/** An object with exactly the fields of a type. @param name the name of the generated type */
export const group = <Type>(name: string, fields: Fields<Type>, description: string): Field<Type, false> =>
  anyGroup(name, fields, description) as unknown as Field<Type, false>;

/** An object with any fields. */
export const anyGroup = (name: string, fields: AnyFields, description: string) =>
  field<object>(namedSchema(name, { ...schemaOf(fields), description }), exampleOf(fields));

/** An object whose keys are conversation ids. */
export const perConversation = <Type>({ schema, example }: Field<Type>, description: string) =>
  field<Record<string, Type>>(
    { type: 'object', description, propertyNames: { pattern: '^[1-9]\\d*$' }, additionalProperties: schema },
    { 100: example },
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
