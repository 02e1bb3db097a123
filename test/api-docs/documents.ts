import type { JsonSchema } from '../../src/operation/json-schema.ts';

type Sample = { source: string };
type Media = {
  content: {
    'application/json': { schema: JsonSchema; example?: unknown; examples?: Record<string, { value: unknown }> };
  };
};
type Response = Media & { headers: Record<string, unknown> };
export type RestOperation = {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security?: unknown[];
  parameters: {
    name: string;
    in: string;
    required: boolean;
    description: string;
    example?: unknown;
    schema: JsonSchema;
  }[];
  requestBody?: Media;
  responses: Record<string, Response | { $ref: string }>;
  'x-operation': string;
  'x-codeSamples': [Sample];
};
export type OpenApi = {
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, RestOperation>>;
  components: { schemas: Record<string, JsonSchema> & { Error: JsonSchema }; responses: Record<string, Response> };
};
type Message = { name: string; payload: JsonSchema; examples: { payload: unknown }[] };
type SocketOperation = {
  description: string;
  action: 'send' | 'receive';
  messages: { $ref: string }[];
  reply?: { messages: { $ref: string }[] };
  'x-codeSamples'?: [Sample];
};
export type AsyncApi = {
  servers: Record<string, { host: string; protocol: string }>;
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, SocketOperation>;
  components: { messages: Record<string, Message>; schemas: Record<string, JsonSchema> };
};

/** The documents as a server returns them, with references replaced by schemas. */
export async function documentsOf(url: string): Promise<{ openApi: OpenApi; asyncApi: AsyncApi }> {
  const { openApi, asyncApi } = await rawDocumentsOf(url);
  return { openApi: withSchemas(openApi), asyncApi: withSchemas(asyncApi) };
}

/** The documents as a server returns them. */
export async function rawDocumentsOf(url: string): Promise<{ openApi: OpenApi; asyncApi: AsyncApi }> {
  const [openApi, asyncApi] = await Promise.all(
    ['openapi', 'asyncapi'].map(async (name) => (await fetch(`${url}/${name}.json`)).json()),
  );
  return { openApi: openApi as OpenApi, asyncApi: asyncApi as AsyncApi };
}

const SCHEMA = '#/components/schemas/';

function withSchemas<Document extends { components: { schemas: Record<string, JsonSchema> } }>(
  document: Document,
): Document {
  const { schemas } = document.components;
  const replaced = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(replaced);
    if (!('$ref' in value) || !String(value.$ref).startsWith(SCHEMA))
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each)]));
    const schema = schemas[String(value.$ref).slice(SCHEMA.length)];
    if (schema === undefined) throw new Error(`unknown reference: ${value.$ref}`);
    return replaced(schema);
  };
  return replaced(document) as Document; // the same document without references
}

type RestRoute = { method: string; path: string; operation: RestOperation };

/** All routes of the REST API with operation, method and path. */
export const restRoutes = ({ paths }: OpenApi): (readonly [string, RestRoute])[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [operation['x-operation'], { method, path, operation }] as const,
    ),
  );

/** All operations of the REST API by name, with the first of their routes. */
export const restOperations = (openApi: OpenApi) => new Map(restRoutes(openApi).toReversed());

/** The documented answer of an operation with a status. */
export function responseOf(
  { components }: OpenApi,
  { responses }: RestOperation,
  status: number,
): Response | undefined {
  const response = responses[status];
  return response !== undefined && '$ref' in response
    ? components.responses[response.$ref.slice('#/components/responses/'.length)]
    : response;
}
