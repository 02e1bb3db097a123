/** JSON Schema, as far as we describe our inputs and answers in it. */
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
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly maxProperties?: number;
};

/** What a field's schema says of itself to people, beside what it checks: each value that the server takes is one like `example`. */
type Said = { readonly description: string; readonly example: unknown };

declare module 'yup' {
  /** Beside a check that only code can do stands what of it JSON Schema can say: the documents are made from both. */
  interface CustomSchemaMetadata extends JsonSchema, Partial<Said> {}
}
