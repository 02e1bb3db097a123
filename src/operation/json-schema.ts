/** The part of JSON Schema that describes inputs and results. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly maxProperties?: number;
};

/** The key of a schema's own name. JSON omits it; the API documents list the schema under that name. */
const NAME: unique symbol = Symbol('name');

/** @param name the name of the generated type; a name belongs to one schema in all documents */
export const namedSchema = (name: string, schema: JsonSchema): JsonSchema =>
  Object.assign({ ...schema }, { [NAME]: name });

/** The name of a schema, if it has one. */
export const nameOf = (schema: object): string | undefined => (NAME in schema ? String(schema[NAME]) : undefined);

/** Converts `send_message` and `sendMessage` to the name of a type: `SendMessage`. */
export const typeName = (name: string): string =>
  name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The documentation in a field's schema. */
type FieldDocumentation = { readonly description: string; readonly example: unknown };

declare module 'yup' {
  /** JSON Schema for checks that are code: the API documents contain it. */
  interface CustomSchemaMetadata extends JsonSchema, Partial<FieldDocumentation> {
    /** Applied to a text before it is checked; the operation receives the normalised text. */
    normalize?: (text: string) => string;
    /** The predicates of the schema's checks, by name. */
    checks?: Readonly<Record<string, (value: unknown) => boolean>>;
  }
}
