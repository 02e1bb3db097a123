import { disconnectUnlessWaiting } from '../delivery/close-socket.ts';
import type { ChatSocket } from '../delivery/socket-types.ts';
import { positionOf } from '../operation/call-order.ts';
import type { Caller, CallInfo } from '../operation/caller.ts';
import type { Context } from '../operation/context.ts';
import { describeError } from '../operation/describe-error.ts';
import { codeOf, dispatch } from '../operation/dispatch.ts';
import { ChatError, type ErrorCode } from '../operation/errors.ts';
import type { Namespace } from '../operation/operation.ts';
import { type OperationTable, operationNamed, operations } from '../operations.ts';
import type { Acknowledgement, ErrorAnswer } from '../protocol.ts';

export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void> & {
  /** Reports a thrown error; true if it is the database's, which has a log line of its own. */
  readonly databaseFailed?: (thrown: unknown) => boolean;
};

const RETRY_SEC: Partial<Record<ErrorCode, number>> = { database_unavailable: 2, busy: 1 };

/**
 * The error that a client gets for anything that was thrown; an internal error is logged, and reaches the client without details.
 * @param request the id of the HTTP request, if it was one
 */
export function toChatError(thrown: unknown, log: Log, doing: string, request?: string): ChatError {
  if (thrown instanceof ChatError) return thrown;
  if (!log.databaseFailed?.(thrown)) log.error({ err: describeError(thrown), doing, request }, 'operation failed');
  const code = codeOf(thrown);
  const retryAfter = RETRY_SEC[code];
  return new ChatError(code, retryAfter === undefined ? {} : { retryAfter });
}

export const errorAnswer = ({ code, message, fields, retryAfter }: ChatError): ErrorAnswer => ({
  code,
  message,
  ...(fields !== undefined && { fields }),
  ...(retryAfter !== undefined && { retry_after: retryAfter }),
});

const pathFieldsOf = (route: string) => [...route.matchAll(/:(\w+)/g)].map(([, field]) => field ?? '');

/** The path parameters of each operation that has any. */
const PATH_FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(operations)
    .map(({ name, routes: [route = ''] }) => [name, pathFieldsOf(route)] as const)
    .filter(([, fields]) => fields.length > 0),
);

/** Path parameters are fields over a socket, under their names there or as the REST path is documented: `id`, `userId`. */
function withPathFields(fields: readonly string[] | undefined, input: unknown): unknown {
  if (fields === undefined || typeof input !== 'object' || input === null) return input;
  const given = input as Record<string, unknown>;
  const aliased = fields.map((name, index) => [name, given[name] ?? given[index === 0 ? 'id' : 'userId']]);
  return { ...given, ...Object.fromEntries(aliased) };
}

/**
 * The answer to a call that cannot be run. It counts against the caller's limit like an operation: over it, the answer is
 * `rate_limited`. Never rejects.
 * @param message if it says more than the error's own
 */
export async function refuse(
  error: ChatError,
  { userId }: Pick<Caller, 'userId'>,
  { limits }: Context,
  log: Log,
  message = error.message,
): Promise<Acknowledgement> {
  try {
    await limits.take('operation', String(userId));
    return { ok: false, error: { ...errorAnswer(error), message } };
  } catch (thrown) {
    return { ok: false, error: errorAnswer(toChatError(thrown, log, 'refusing')) };
  }
}

/** The dependencies of calls. */
export type Calling = { readonly context: Context; readonly operations: OperationTable; readonly log: Log };

const UNAUTHENTICATED: Acknowledgement = { ok: false, error: errorAnswer(new ChatError('unauthenticated')) };

/**
 * Runs the operation that a socket calls by its name; `callAnswered` has to follow. Never rejects: errors become
 * acknowledgements.
 */
export function ask(socket: ChatSocket, namespace: Namespace, name: string, input: unknown, calling: Calling) {
  const { data } = socket;
  data.unanswered = (data.unanswered ?? 0) + 1;
  const { userId, sessionId, address, holdsToken } = data;
  if (data.ended) return Promise.resolve(UNAUTHENTICATED);
  const position = positionOf(socket.conn);
  const info = { address, holdsToken, connection: socket.id, position, startedAt: performance.now() };
  return answer(name, input, namespace, { userId, sessionId }, info, calling);
}

/**
 * To be called when a call of a socket has been answered. If the socket has ended its own session, this closes it after its
 * last answer: calls that preceded the logout are answered.
 */
export function callAnswered(socket: ChatSocket): void {
  socket.data.unanswered = (socket.data.unanswered ?? 1) - 1;
  if (socket.data.ended) disconnectUnlessWaiting(socket);
}

async function answer(
  name: string,
  input: unknown,
  namespace: Namespace,
  caller: Caller,
  info: CallInfo,
  { context, operations: table, log }: Calling,
): Promise<Acknowledgement> {
  try {
    const operation = operationNamed(name, table);
    if (operation === undefined || !operation.namespaces.includes(namespace)) {
      info.position?.release(); // it is never started
      return await refuse(new ChatError('unknown_operation'), caller, context, log);
    }
    const fields = withPathFields(PATH_FIELDS.get(name), input);
    return { ok: true, ...(await context.inFlight.track(dispatch(operation, fields, caller, context, info))) };
  } catch (thrown) {
    info.position?.release(); // what is no operation never got as far as starting
    return { ok: false, error: errorAnswer(toChatError(thrown, log, name)) };
  }
}
