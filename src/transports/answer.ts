import type { Context } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { ChatError } from '../errors.ts';
import { type Asked, type Caller, codeOf, dispatch } from '../operation.ts';
import { operations } from '../operations.ts';
import type { Acknowledgement, ErrorAnswer } from '../protocol.ts';

export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

const DATABASE_RETRY_SEC = 2;

/**
 * What a client is told of anything that was thrown; a fault of ours is logged and told without its details.
 * @param request the id of the HTTP request, if it was one
 */
export function toChatError(thrown: unknown, log: Log, doing: string, request?: string): ChatError {
  if (thrown instanceof ChatError) return thrown;
  log.error({ err: describeError(thrown), doing, request }, 'operation failed');
  const code = codeOf(thrown);
  return new ChatError(code, code === 'database_unavailable' ? { retryAfter: DATABASE_RETRY_SEC } : {});
}

export const errorAnswer = ({ code, message, fields, retryAfter }: ChatError): ErrorAnswer => ({
  code,
  message,
  ...(fields !== undefined && { fields }),
  ...(retryAfter !== undefined && { retry_after: retryAfter }),
});

/** The path parameters of each operation that has any. */
const PATH_FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(operations)
    .map(([name, { http = '' }]) => [name, [...http.matchAll(/:(\w+)/g)].map(([, field]) => field ?? '')] as const)
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
 * The answer to what cannot even be tried. It counts against the caller's limit like an operation: over it, the answer is
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

/** Runs the operation that a socket asks for by its name. Never rejects: whatever happens becomes an acknowledgement. */
export async function answer(
  name: string,
  input: unknown,
  namespace: '/chat' | '/presence',
  caller: Caller,
  context: Context,
  asked: Asked,
  log: Log,
): Promise<Acknowledgement> {
  try {
    const entry = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (entry === undefined || !entry.sockets.includes(namespace)) {
      asked.place?.done(); // it is never started
      return await refuse(new ChatError('unknown_operation'), caller, context, log);
    }
    const fields = withPathFields(PATH_FIELDS.get(name), input);
    return { ok: true, ...(await dispatch(entry.operation, fields, caller, context, asked)) };
  } catch (thrown) {
    asked.place?.done(); // what is no operation never got as far as starting
    return { ok: false, error: errorAnswer(toChatError(thrown, log, name)) };
  }
}
