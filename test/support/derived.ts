import { inputOf } from '../../src/api-docs/inputs.ts';
import type { ErrorCode } from '../../src/operation/errors.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { operations } from '../../src/operations.ts';
import type { OperationName } from '../../src/protocol.ts';

/**
 * Test cases that follow from the definition of an operation: its input schema, errors, access and result. Tables in the
 * tests contain only what differs from them, so a new operation needs no row as long as it follows the rules here.
 */

/** What the ids in a derived input refer to; a single `message_id` is the first of the messages. */
export type Targets = { conversation: number; user: number; messages: readonly number[] };
export type Input = Readonly<Record<string, unknown>>;

export const operationsInOrder = Object.values(operations);
export const isOnRest = ({ routes }: Operation): boolean => routes.length > 0;
export const isOnSockets = ({ namespaces }: Operation): boolean => namespaces.length > 0;

/** Shorter than any code. */
const WRONG_CODE = '000';

const TARGET_FIELDS: Readonly<Record<string, (targets: Targets) => unknown>> = {
  conversation_id: ({ conversation }) => conversation,
  user_id: ({ user }) => user,
  other_user_id: ({ user }) => user,
  member_ids: ({ user }) => [user],
  message_id: ({ messages }) => messages[0],
  message_ids: ({ messages }) => messages,
  otp: () => WRONG_CODE,
};

/** A valid input of the required fields: the ids of the targets, and the documented example of every other field. */
export function inputFor(operation: Operation, targets: Targets): Input {
  const { schema, example } = inputOf(operation);
  const inputValue = (name: string) => TARGET_FIELDS[name]?.(targets) ?? example[name];
  return Object.fromEntries((schema.required ?? []).map((name) => [name, inputValue(name)]));
}

const CALLERS = ['anonymous', 'stranger', 'removed', 'member', 'admin'] as const;
export type Caller = (typeof CALLERS)[number];

/**
 * The outcome for each caller of an operation on a group, on an admin's message or on another member: `ok`, or the code of
 * the refusal.
 */
export function outcomesFor({ access, errors = [] }: Operation): Record<Caller, string> {
  const anyone = errors.includes('invalid_otp') ? 'invalid_otp' : 'ok';
  const outside = errors.includes('not_participant') ? 'not_participant' : anyone;
  const member = errors.find((code) => code === 'not_admin' || code === 'not_sender') ?? anyone;
  const anonymous = access === 'user' ? 'unauthenticated' : anyone;
  return { anonymous, stranger: outside, removed: outside, member, admin: anyone };
}

/** The result fields that differ between two successful calls with the same input: the numbers and times of changes. */
export function volatileFieldsOf(operation: Operation): string[] {
  if (!('change' in operation)) return [];
  const varying = Object.entries(operation.result).filter(
    ([name, { schema }]) => name === 'seq' || schema.format === 'date-time',
  );
  return varying.map(([name]) => name).filter((name) => !(name in operation.input.fields));
}

/** An id that no user, conversation or message has. */
export const NOBODY = 999_999_999;

/** A group and a private conversation of the admin and the member, and a message of the admin in the group. */
export type RefusalWorld = Readonly<
  Record<'admin' | 'member' | 'outsider' | 'group' | 'privateConversation' | 'message', number>
>;
export type RefusedBy = 'admin' | 'member' | 'outsider';
export type Refusal = readonly [
  operation: OperationName,
  code: ErrorCode,
  by: RefusedBy,
  input: (world: RefusalWorld) => Input,
];

type Cause = { readonly by: RefusedBy; targets?(world: RefusalWorld): Partial<Targets> };

/** How an error that several operations share comes about with an input that is otherwise valid. */
const CAUSES: Readonly<Partial<Record<ErrorCode, Cause>>> = {
  not_participant: { by: 'outsider' },
  not_admin: { by: 'member', targets: ({ admin }) => ({ user: admin }) },
  not_sender: { by: 'member' },
  private_conversation: { by: 'admin', targets: (world) => ({ conversation: world.privateConversation }) },
  unknown_user: { by: 'admin', targets: () => ({ user: NOBODY }) },
  unknown_member: { by: 'admin', targets: () => ({ user: NOBODY }) },
  unknown_participant: { by: 'admin', targets: ({ outsider }) => ({ user: outsider }) },
  unknown_message: { by: 'admin', targets: () => ({ messages: [NOBODY] }) },
  invalid_otp: { by: 'admin' },
};

/** A call for every error that an operation documents and whose cause is a standard one. */
export const derivedRefusals = (operation: Operation): Refusal[] =>
  (operation.errors ?? []).flatMap((code) => {
    const cause = CAUSES[code];
    if (cause === undefined) return [];
    const input = (world: RefusalWorld) => {
      const targets = { conversation: world.group, user: world.member, messages: [world.message] };
      return inputFor(operation, { ...targets, ...cause.targets?.(world) });
    };
    return [[operation.name, code, cause.by, input] as const];
  });
