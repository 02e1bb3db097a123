import { type JsonSchema, nameOf } from '../operation/json-schema.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Moves every named schema of a document to `components.schemas`, sorted by name, and replaces it by a reference.
 * @param more named schemas to include even if the document does not refer to them
 * @throws Error if two different schemas have one name
 */
export function withComponents<Document extends Json & { components: Json }>(
  document: Document,
  more: readonly JsonSchema[] = [],
): Json {
  const schemas = new Map<string, unknown>();
  const result = withReferences(document, schemas) as Document; // the document itself has no name
  for (const schema of more) withReferences(schema, schemas);
  const sorted = [...schemas].sort(([one], [other]) => (one < other ? -1 : 1));
  return { ...result, components: { schemas: Object.fromEntries(sorted), ...result.components } };
}

function withReferences(value: unknown, schemas: Map<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((each) => withReferences(each, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const content = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withReferences(each, schemas)]));
  const name = nameOf(value);
  if (name === undefined) return content;
  const known = schemas.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(content))
    throw new Error(`two different schemas are named ${name}`);
  schemas.set(name, content);
  return { $ref: `#/components/schemas/${name}` };
}
