import { EVENT_NAMES, eventPayload } from '../delivery/event-fields.ts';
import { ChatError, ERRORS, type ErrorCode, type FieldError } from '../operation/errors.ts';
import { exampleOf, flag, schemaOf } from '../operation/fields.ts';
import { namedSchema, typeName } from '../operation/json-schema.ts';
import { sections } from '../operations.ts';
import { withComponents } from './components.ts';
import { EXAMPLE_ORIGIN } from './examples.ts';
import { codeSchema, fieldError } from './failure.ts';
import { documentedOperations, type OperationDocs, type RouteDocs } from './operation-docs.ts';
import { VERSION } from './version.ts';

type Json = Readonly<Record<string, unknown>>;

const DESCRIPTION = `All operations of MmChat over HTTP. They are also available over Socket.IO and plain WebSocket:
see [the realtime documentation](/docs/realtime) and its [AsyncAPI document](/asyncapi.json).

Later versions may add fields to answers: ignore unknown fields. Times are RFC 3339 in UTC. A request from a browser that
changes something must come from the server's own origin or one in CORS_ORIGINS.

A body is JSON in UTF-8 of at most 64 kB; \`GET\`, \`HEAD\` and \`DELETE\` have none. Other methods than the listed ones are
answered with 405 (\`method_not_allowed\`) and the allowed ones in \`Allow\`; \`OPTIONS\` is answered with 204 and the same \`Allow\`.
Unknown fields of a body and unknown parameters of a query are ignored, except for \`sync\`, which refuses them; \`null\` means
not given. Text is UTF-8 without NUL and without halves of surrogate pairs, and counted in code points; a new password has
at most 72 bytes. Ids, numbers and counts are up to 2⁵³−1.`;

const whole = (description: string): Json => ({
  description,
  schema: { type: 'integer', format: 'int64', minimum: 0 },
});
const HEADERS: Json = {
  'RateLimit-Limit': whole('The number of calls that the limit allows.'),
  'RateLimit-Remaining': whole('The number of remaining calls.'),
  'RateLimit-Reset': whole('The seconds until more calls are allowed.'),
  'Retry-After': whole('The seconds after which to retry.'),
  'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { type: 'string' } },
  Allow: { description: 'The methods that this path supports.', schema: { type: 'string' } },
  'Set-Cookie': {
    description:
      'For a session the httpOnly cookie `token`; for a request for a code the httpOnly cookie `otp_request`.',
    schema: { type: 'string' },
  },
  'X-Request-Id': { description: 'The id of this request in the log.', schema: { type: 'string' } },
};
/**
 * The statuses of refusals that are counted by a rate limit: per-user limits are checked directly after authentication.
 */
const COUNTED_STATUSES = [400, 403, 404, 409, 422, 429];
const QUOTA = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
const headers = (...names: string[]) =>
  Object.fromEntries([...names, 'X-Request-Id'].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const error = namedSchema('Error', {
  type: 'object',
  description: 'Why a request was refused.',
  properties: {
    success: { type: 'boolean', description: 'Always false.' },
    error: { type: 'string', description: 'A sentence for people; with `fields` it describes the first of them.' },
    code: codeSchema,
    fields: {
      type: 'array',
      description: 'With `invalid_input` and `unknown_member`: the invalid fields.',
      items: fieldError,
    },
  },
  required: ['success', 'error', 'code'],
});

/** The REST API as an OpenAPI 3.1 document, for a server at the address of the examples. */
export function openApi(): Json {
  const codes = documentedOperations.flatMap(({ routes }) => routes.map((each) => each.codes));
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'MmChat',
      version: VERSION,
      summary: 'A chat backend',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: EXAMPLE_ORIGIN, description: 'This server.' }],
    tags: Object.entries(sections).map(([name, { about }]) => ({ name, description: about })),
    security: [{ cookie: [] }, { bearer: [] }],
    paths: pathsOf(documentedOperations),
    components: {
      responses: {
        refused: REFUSED,
        method_not_allowed: { ...refusal(405, ['method_not_allowed']), headers: headers('Allow') },
        ...Object.fromEntries(codes.flatMap(refusals).map(({ name, response }) => [name, response])),
      },
      headers: HEADERS,
      securitySchemes: {
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'token',
          description: 'Set by `signup/verify` and `login`; for browsers.',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The same token; for programs, which request it with `"token": true`.',
        },
      },
    },
    externalDocs: { description: 'The realtime API', url: `${EXAMPLE_ORIGIN}/docs/realtime` },
  };
  return withComponents(
    document,
    EVENT_NAMES.map((name) => eventPayload(name).schema),
  );
}

function pathsOf(all: readonly OperationDocs[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const each of all) {
    for (const route of each.routes) {
      const [method = '', pattern = ''] = route.route.split(' ');
      const path = pattern.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(each, route, method, path) };
    }
  }
  return paths;
}

function operationOf(each: OperationDocs, { id, codes, curl }: RouteDocs, method: string, path: string): Json {
  const { name, section, summary, details, access, input } = each;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, field = '']) => field);
  const fields = Object.keys(input.schema.properties ?? {}).filter((field) => !inPath.includes(field));
  const inQuery = method === 'GET' ? fields : [];
  const inBody = method === 'GET' ? [] : fields;
  return {
    operationId: id,
    tags: [section],
    summary,
    description: details,
    ...SECURITY[access],
    parameters: [
      ...inPath.map((field) => parameterOf(each, field, 'path')),
      ...inQuery.map((field) => parameterOf(each, field, 'query')),
    ],
    ...(inBody.length > 0 && { requestBody: bodyOf(each, inBody) }),
    responses: {
      200: success(each),
      ...Object.fromEntries(
        refusals(codes).map(({ status, name: key }) => [status, { $ref: `#/components/responses/${key}` }]),
      ),
      405: { $ref: '#/components/responses/method_not_allowed' },
      default: { $ref: '#/components/responses/refused' },
    },
    'x-operation': name,
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curl }],
  };
}

function parameterOf({ input }: OperationDocs, name: string, place: 'path' | 'query'): Json {
  const { description, examples: [example] = [], ...schema } = input.schema.properties?.[name] ?? {};
  // an object in a query is JSON text, which every code generator can send
  const isObject = schema.type === 'object';
  return {
    name,
    in: place,
    required: input.schema.required?.includes(name) ?? false,
    description: isObject ? `${description} An object, written as JSON.` : description,
    schema: isObject ? { type: 'string' } : schema,
    example: isObject ? JSON.stringify(example) : example,
  };
}

function bodyOf({ id, input }: OperationDocs, names: readonly string[]): Json {
  const required = input.schema.required?.filter((name) => names.includes(name)) ?? [];
  const only = <Value>(all: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  const properties = only(input.schema.properties ?? {});
  const schema = namedSchema(`${typeName(id)}Input`, { type: 'object', properties, required });
  return { required: required.length > 0, content: { 'application/json': { schema, example: only(input.example) } } };
}

function success({ id, result, cookie, uncounted }: OperationDocs): Json {
  const fields = { success: flag('Always true.', true), ...result };
  const schema = namedSchema(`${typeName(id)}Result`, schemaOf(fields));
  return {
    description: 'The operation succeeded.',
    headers: headers(...(uncounted ? [] : QUOTA), ...(cookie === undefined ? [] : ['Set-Cookie'])),
    content: { 'application/json': { schema, example: exampleOf(fields) } },
  };
}

/** The security requirements by access; `user` is the default of the document. */
const SECURITY: Readonly<Record<OperationDocs['access'], Json>> = {
  user: {},
  public: { security: [] },
  optional: { security: [{}, { cookie: [] }, { bearer: [] }] },
};

type Refusal = { status: number; name: string; response: Json };

/** The refusals of an operation by status; refusals with the same codes share one response of the document. */
function refusals(codes: readonly ErrorCode[]): Refusal[] {
  const perStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return [...perStatus].map(([status, those]) => ({ status, name: those.join('.'), response: refusal(status, those) }));
}

/** Examples of the codes whose answers contain `fields`. */
const FIELD_EXAMPLES: Partial<Record<ErrorCode, readonly FieldError[]>> = {
  invalid_input: [{ field: 'content', message: 'is missing' }],
  unknown_member: [{ field: 'member_ids', message: 'no such users: 44' }],
};

function refusal(status: number, codes: readonly ErrorCode[]): Json {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
    headers: headers(
      ...(COUNTED_STATUSES.includes(status) ? QUOTA : []),
      ...(status === 429 || status === 503 ? ['Retry-After'] : []),
      ...(status === 401 ? ['WWW-Authenticate'] : []),
    ),
    content: {
      'application/json': {
        schema: error,
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOfError(code) }])),
      },
    },
  };
}

function exampleOfError(code: ErrorCode): Json {
  const fields = FIELD_EXAMPLES[code];
  const { message } = new ChatError(code, { ...(fields && { fields: [...fields] }) });
  return { success: false, error: message, code, ...(fields && { fields }) };
}

/** All other refusals, also those of a proxy: generated clients need a type for them. */
const REFUSED: Json = {
  description:
    'Any other refusal, such as one of a later version. Handle it by its status: change the request after 4xx, retry after 5xx.',
  headers: headers(),
  content: { 'application/json': { schema: error, example: exampleOfError('invalid_request') } },
};
