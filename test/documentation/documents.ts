import type { JsonSchema } from '../../src/json-schema.ts';

type Sample = { source: string };
type Media = {
  content: {
    'application/json': { schema: JsonSchema; example?: unknown; examples?: Record<string, { value: unknown }> };
  };
};
type Response = Media & { headers: Record<string, unknown> };
export type RestOperation = {
  operationId: string;
  security?: unknown[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: Media;
  responses: Record<string, Response | { $ref: string }>;
  'x-codeSamples': [Sample];
};
export type OpenApi = {
  paths: Record<string, Record<string, RestOperation>>;
  components: { schemas: { Error: JsonSchema }; responses: Record<string, Response> };
};
type Message = { name: string; payload: JsonSchema; examples: { payload: unknown }[] };
type SocketOperation = {
  action: 'send' | 'receive';
  messages: { $ref: string }[];
  reply?: { messages: { $ref: string }[] };
  'x-codeSamples'?: [Sample];
};
export type AsyncApi = {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, SocketOperation>;
  components: { messages: Record<string, Message> };
};

/** The documents as a server gives them. */
export async function documentsOf(url: string): Promise<{ openApi: OpenApi; asyncApi: AsyncApi }> {
  const [openApi, asyncApi] = await Promise.all(
    ['openapi', 'asyncapi'].map(async (name) => (await fetch(`${url}/${name}.json`)).json()),
  );
  return { openApi: openApi as OpenApi, asyncApi: asyncApi as AsyncApi };
}

/** Every operation of the REST API by its name, with its verb and path. */
export function restOperations({ paths }: OpenApi) {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [operation.operationId, { method, path, operation }] as const),
  );
  return new Map(all);
}

/** What an operation may answer with a status. */
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
