import type { ErrorCode } from '../operation/errors.ts';
import type { AnyFields } from '../operation/fields.ts';
import type { Operation, Route } from '../operation/operation.ts';
import { sections } from '../operations.ts';
import { curlExample, frameExample, socketExample } from './examples.ts';
import { type Input, inputOf } from './inputs.ts';

export type RouteDocs = {
  readonly route: Route;
  /** The `operationId`: a verb and a noun. */
  readonly id: string;
  readonly codes: readonly ErrorCode[];
  readonly curl: string;
};
/** The documentation of an operation. */
export type OperationDocs = Pick<
  Operation,
  'name' | 'summary' | 'details' | 'errors' | 'namespaces' | 'access' | 'cookie' | 'uncounted'
> & {
  readonly id: string;
  readonly section: string;
  readonly routes: readonly RouteDocs[];
  readonly input: Input;
  readonly result: AnyFields;
  /** The errors over any transport; routes have additional ones. */
  readonly codes: readonly ErrorCode[];
  /** The request over sockets, if they accept the operation. */
  readonly examples: Readonly<{ socketio?: string; raw?: string }>;
};

const COMMON_ERRORS: readonly ErrorCode[] = [
  ...(['rate_limited', 'internal_error', 'database_unavailable', 'busy', 'shutting_down'] as const),
];
const BODY_ERRORS: readonly ErrorCode[] = ['invalid_json', 'body_too_large', 'unsupported_media_type'];

/** All operations, by section. */
export const documentedOperations: readonly OperationDocs[] = Object.entries(sections).flatMap(
  ([section, { operations }]) => operations.map((operation) => document(section, operation)),
);

function document(section: string, operation: Operation): OperationDocs {
  const { name, access, namespaces, summary, details, result, errors = [], cookie, uncounted } = operation;
  const input = inputOf(operation);
  const id = operation.operationId ?? camelCase(name);
  const own: readonly ErrorCode[] = [
    'invalid_input',
    ...(access === 'user' ? (['unauthenticated'] as const) : []),
    ...errors,
    ...COMMON_ERRORS,
  ];
  const [namespace] = namespaces;
  return {
    ...{ id, name, section, summary, details, errors, namespaces, access, input, result },
    ...(cookie && { cookie }),
    ...(uncounted && { uncounted }),
    routes: operation.routes.map((route) => ({
      route,
      id: operation.routes.length > 1 && route.startsWith('GET') ? `${id}ByQuery` : id,
      codes: [...own, ...routeErrors(route)],
      curl: curlExample({ route, input: input.example, isPublic: access === 'public' }),
    })),
    codes: access === 'optional' ? [...own, 'unauthenticated'] : own,
    examples:
      namespace === undefined
        ? {}
        : { socketio: socketExample(namespace, name, input.example), raw: frameExample(name, input.example) },
  };
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Only requests that change something check the origin, and only requests with a body can have an invalid one. */
function routeErrors(route: Route): readonly ErrorCode[] {
  if (route.startsWith('GET')) return [];
  return route.startsWith('DELETE') ? ['forbidden_origin'] : ['forbidden_origin', ...BODY_ERRORS];
}
