import type { ErrorCode } from '../errors.ts';
import type { Operation } from '../operation.ts';
import { operations, type Route } from '../operations.ts';
import { accountDescriptions } from './accounts.ts';
import { conversationDescriptions } from './conversations.ts';
import type { Description, Descriptions } from './descriptions.ts';
import { curlExample, frameExample, socketExample } from './examples.ts';
import { type Input, inputOf } from './inputs.ts';
import { messageDescriptions } from './messages.ts';

type Namespace = '/chat' | '/presence';
/** An operation with all that can be said of it. */
export type Documented = Description & {
  readonly name: string;
  readonly part: string;
  readonly route: Route | undefined;
  readonly sockets: readonly Namespace[];
  readonly access: Operation['access'];
  readonly isPublic: boolean;
  readonly input: Input;
  readonly codes: { readonly http: readonly ErrorCode[]; readonly sockets: readonly ErrorCode[] };
  /** The same request over each transport that takes it. */
  readonly examples: Readonly<{ curl?: string; socketio?: string; raw?: string }>;
};

const PARTS: Readonly<Record<string, Descriptions>> = {
  Accounts: accountDescriptions,
  Conversations: conversationDescriptions,
  Messages: messageDescriptions,
};
const ANY: readonly ErrorCode[] = ['rate_limited', 'internal_error', 'database_unavailable', 'busy', 'shutting_down'];
const ANY_BODY: readonly ErrorCode[] = ['invalid_json', 'body_too_large', 'unsupported_media_type'];

/** Every operation of the table, part by part. */
export const catalogue: readonly Documented[] = Object.entries(PARTS).flatMap(([part, descriptions]) =>
  Object.entries(descriptions).map(([name, description]) => document(part, name, description)),
);

/** The parts, in their order. */
export const parts = Object.keys(PARTS);

function document(part: string, name: string, description: Description): Documented {
  const entry = operations[name];
  if (entry === undefined) throw new Error(`${name} is described, and is no operation`);
  const { operation, http: route, sockets } = entry;
  const { access } = operation;
  const isPublic = access === 'public';
  const input = inputOf(operation);
  const own: readonly ErrorCode[] = [
    'invalid_input',
    ...(access === 'user' ? (['unauthenticated'] as const) : []),
    ...(description.errors ?? []),
    ...ANY,
  ];
  const onSockets: readonly ErrorCode[] = access === 'optional' ? [...own, 'unauthenticated'] : own;
  return {
    ...description,
    name,
    part,
    route,
    sockets,
    access,
    isPublic,
    input,
    codes: { http: [...own, ...changeCodes(route)], sockets: onSockets },
    examples: examplesOf(name, route, sockets, isPublic, input.example),
  };
}

/** Only what changes something can come from a wrong origin, and only what has a body can have a bad one. */
function changeCodes(route = ''): readonly ErrorCode[] {
  if (route.startsWith('GET')) return [];
  return route.startsWith('DELETE') ? ['forbidden_origin'] : ['forbidden_origin', ...ANY_BODY];
}

function examplesOf(
  name: string,
  route: Route | undefined,
  [namespace]: readonly Namespace[],
  isPublic: boolean,
  input: Input['example'],
): Documented['examples'] {
  return {
    ...(route !== undefined && { curl: curlExample({ route, input, isPublic }) }),
    ...(namespace !== undefined && { socketio: socketExample(namespace, name, input), raw: frameExample(name, input) }),
  };
}
