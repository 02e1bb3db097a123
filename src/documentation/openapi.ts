import { ChatError, ERRORS, type ErrorCode } from '../errors.ts';
import type { JsonSchema } from '../json-schema.ts';
import { catalogue, type Documented, parts } from './catalogue.ts';
import { exactly, exampleOf, schemaOf } from './fields.ts';
import { VERSION } from './version.ts';

type Json = Readonly<Record<string, unknown>>;

const ABOUT = `Every operation of MmChat over HTTP. The same operations are there over Socket.IO and plain WebSocket:
see [the realtime documentation](/docs/realtime) and its [AsyncAPI document](/asyncapi.json).

Answers may get more fields, never other ones: ignore what you do not know. Times are RFC 3339 in UTC. A request of a
browser that changes something must come from the server's own origin or one in CORS_ORIGINS.

A body is JSON in UTF-8 of at most 64 kB; \`GET\`, \`HEAD\` and \`DELETE\` have none. Another method than those that a
path has here is answered 405, with those that it takes in \`Allow\`, and so is \`OPTIONS\`, with 204.`;

const whole = (description: string): Json => ({ description, schema: { type: 'integer', minimum: 0 } });
const HEADERS: Json = {
  'RateLimit-Limit': whole('How many calls the limit allows at once.'),
  'RateLimit-Remaining': whole('How many of them are left.'),
  'RateLimit-Reset': whole('In so many seconds there are more of them.'),
  'Retry-After': whole('In so many seconds it is worth another try.'),
  'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { type: 'string' } },
  Allow: { description: 'The methods that this address takes.', schema: { type: 'string' } },
  'Set-Cookie': {
    description:
      'The session: the httpOnly cookie `token`. Of a request for a code: the httpOnly cookie `otp_request`.',
    schema: { type: 'string' },
  },
  'X-Request-Id': { description: 'The name of this request in the log.', schema: { type: 'string' } },
};
/** A refusal has them if its call was counted, which a limit per user does first of all, once it is known who calls. */
const COUNTED = [400, 403, 404, 409, 422, 429];
const QUOTA = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
const headers = (...names: string[]) =>
  Object.fromEntries([...names, 'X-Request-Id'].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const error: JsonSchema = {
  type: 'object',
  properties: {
    success: { type: 'boolean', const: false },
    error: { type: 'string', description: 'A sentence for people; with `fields` it is about the first of them.' },
    code: { type: 'string', enum: Object.keys(ERRORS), description: 'What programs go by.' },
    fields: {
      type: 'array',
      description: 'With `invalid_input` and `unknown_member`: what is wrong with which field.',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, message: { type: 'string' } },
        required: ['field', 'message'],
      },
    },
  },
  required: ['success', 'error', 'code'],
};

/** The REST API as an OpenAPI 3.1 document. */
export function openApi(): Json {
  const restful = catalogue.filter(({ route }) => route !== undefined);
  return {
    openapi: '3.1.0',
    info: {
      title: 'MmChat',
      version: VERSION,
      summary: 'A chat backend',
      description: ABOUT,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: parts.map((name) => ({ name })),
    security: [{ cookie: [] }, { bearer: [] }],
    paths: pathsOf(restful),
    components: {
      schemas: { Error: error },
      responses: {
        method_not_allowed: { ...refusal(405, ['method_not_allowed']), headers: headers('Allow') },
        ...Object.fromEntries(
          restful.flatMap(({ codes }) => refusals(codes.http)).map(({ name, response }) => [name, response]),
        ),
      },
      headers: HEADERS,
      securitySchemes: {
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'token',
          description: 'Set by `signup/verify` and `login`; for browsers.',
        },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The same token; for programs.' },
      },
    },
    externalDocs: { description: 'The realtime API', url: '/docs/realtime' },
  };
}

function pathsOf(restful: readonly Documented[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const each of restful) {
    const [method = '', pattern = ''] = (each.route ?? '').split(' ');
    const path = pattern.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(each, method, path) };
  }
  return paths;
}

function operationOf(each: Documented, method: string, path: string): Json {
  const { name, part, summary, details, access, input, examples } = each;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, field = '']) => field);
  const fields = Object.keys(input.schema.properties ?? {}).filter((field) => !inPath.includes(field));
  const inQuery = method === 'GET' ? fields : [];
  const inBody = method === 'GET' ? [] : fields;
  return {
    operationId: name,
    tags: [part],
    summary,
    ...(details !== undefined && { description: details }),
    ...SECURITY[access],
    parameters: [
      ...inPath.map((field) => parameterOf(each, field, 'path')),
      ...inQuery.map((field) => parameterOf(each, field, 'query')),
    ],
    ...(inBody.length > 0 && { requestBody: bodyOf(each, inBody) }),
    responses: {
      200: success(each),
      ...Object.fromEntries(
        refusals(each.codes.http).map(({ status, name: key }) => [status, { $ref: `#/components/responses/${key}` }]),
      ),
    },
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: examples.curl }],
  };
}

function parameterOf({ input }: Documented, name: string, place: 'path' | 'query'): Json {
  const { description, examples = [], ...schema } = input.schema.properties?.[name] ?? {};
  // an object is written as JSON in a query
  const form = schema.type === 'object' ? { content: { 'application/json': { schema } } } : { schema };
  return {
    name,
    in: place,
    required: input.schema.required?.includes(name) ?? false,
    ...(description !== undefined && { description }),
    ...form,
    ...(examples.length > 0 && schema.type !== 'object' && { example: examples[0] }),
  };
}

function bodyOf({ input }: Documented, names: readonly string[]): Json {
  const required = input.schema.required?.filter((name) => names.includes(name)) ?? [];
  const only = (all: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(names.filter((name) => name in all).map((name) => [name, all[name]]));
  const schema = { type: 'object', properties: only(input.schema.properties ?? {}), required };
  return { required: required.length > 0, content: { 'application/json': { schema, example: only(input.example) } } };
}

function success({ result, cookie, uncounted }: Documented): Json {
  const fields = { success: exactly(true), ...result };
  return {
    description: 'Done.',
    headers: headers(...(uncounted ? [] : QUOTA), ...(cookie === undefined ? [] : ['Set-Cookie'])),
    content: { 'application/json': { schema: schemaOf(fields), example: exampleOf(fields) } },
  };
}

/** Who may call it, where that is not whoever is logged in. */
const SECURITY: Readonly<Record<Documented['access'], Json>> = {
  user: {},
  public: { security: [] },
  optional: { security: [{}, { cookie: [] }, { bearer: [] }] },
};

type Refusal = { status: number; name: string; response: Json };

/** The refusals of an operation by their status; those with the same codes are one response of the document. */
function refusals(codes: readonly ErrorCode[]): Refusal[] {
  const perStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return [...perStatus].map(([status, those]) => ({ status, name: those.join('.'), response: refusal(status, those) }));
}

function refusal(status: number, codes: readonly ErrorCode[]): Json {
  const example = (code: ErrorCode) => {
    const fields = code === 'invalid_input' ? [{ field: 'content', message: 'is missing' }] : undefined;
    return {
      value: { success: false, error: new ChatError(code, { ...(fields && { fields }) }).message, code, fields },
    };
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
    headers: headers(
      ...(COUNTED.includes(status) ? QUOTA : []),
      ...(status === 429 || status === 503 ? ['Retry-After'] : []),
      ...(status === 401 ? ['WWW-Authenticate'] : []),
    ),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, example(code)])),
      },
    },
  };
}
