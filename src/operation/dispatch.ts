import { databaseFault } from '../database/errors.ts';
import type { Caller, CallInfo } from './caller.ts';
import type { Context } from './context.ts';
import { ChatError, type ErrorCode } from './errors.ts';
import { HEAVY_COST } from './heavy-calls.ts';
import type { Operation } from './operation.ts';
import type { Result } from './result.ts';

/**
 * Runs an operation for a caller: validate, count against limits, run. When it resolves, its changes are committed and its
 * events are on their way. `run` queues a change before it first awaits anything, so the changes of one connection take
 * effect in order of arrival. The transport counts the call as in flight and bounds the time until it is answered.
 * @param raw the client's input, not yet validated
 * @throws ChatError with the code for the client; any other error is an internal error
 */
export async function dispatch(
  operation: Operation,
  raw: unknown,
  caller: Caller | undefined,
  context: Context,
  info: CallInfo,
): Promise<Result> {
  const startedAt = performance.now();
  info.startedAt ??= startedAt;
  let outcome: 'ok' | ErrorCode = 'ok';
  let countedUser: string | undefined;
  try {
    if (context.inFlight.draining) throw new ChatError('shutting_down', { retryAfter: 1 });
    const valid = validated(operation, raw);
    const cost = valid instanceof ChatError ? 1 : (operation.cost?.(valid as never) ?? 1);
    const counted = count(operation, caller, cost, context);
    if (counted !== undefined) info.quota = await counted;
    if (valid instanceof ChatError) throw valid;
    if (operation.affectedUser !== undefined)
      countedUser = await countFor(operation.affectedUser(valid as never), context);
    const previousStarted = info.position?.previousStarted();
    if (previousStarted !== undefined) await previousStarted;
    const isHeavy = cost >= HEAVY_COST;
    const running =
      isHeavy && caller !== undefined
        ? startHeavy(operation, valid, caller, context, info)
        : start(operation, valid, caller, context, info);
    info.position?.release();
    const result = await running;
    if (result.seq !== undefined) countedUser = undefined;
    if (operation.audit !== undefined) context.security.done(operation.audit, caller, valid, result, info);
    return result;
  } catch (error) {
    outcome = codeOf(error);
    context.security.refused(operation.audit, outcome, info);
    throw error;
  } finally {
    info.position?.release();
    if (countedUser !== undefined) void context.limits.giveBack('added', countedUser).catch(() => undefined); // never fails
    context.observer.operation(operation.name, outcome, performance.now() - startedAt);
  }
}

/** The error code that a client receives for a thrown value. */
export function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof ChatError) return thrown.code;
  return databaseFault(thrown)?.answer ?? 'internal_error';
}

/** Counts a call against its caller's limit, if there is one. */
function count({ access, limit }: Operation, caller: Caller | undefined, cost: number, { limits }: Context) {
  if (access === 'public') return undefined;
  if (caller === undefined && access === 'optional') return undefined;
  if (caller === undefined) throw new ChatError('unauthenticated');
  return limits.take(limit, String(caller.userId), cost);
}

async function countFor(userId: number, { limits }: Context): Promise<string> {
  await limits.take('added', String(userId));
  return String(userId);
}

/** Returns validation errors instead of throwing them: a call with invalid input counts against the limit too. */
function validated({ validate }: Operation, raw: unknown): object | ChatError {
  try {
    return validate(raw);
  } catch (error) {
    if (error instanceof ChatError) return error;
    throw error;
  }
}

function startHeavy(
  operation: Operation,
  input: object,
  caller: Caller,
  context: Context,
  info: CallInfo,
): Promise<Result> {
  const { canWait = false } = operation;
  return context.heavy.run(caller.userId, canWait, () => start(operation, input, caller, context, info));
}

function start(
  { reads, run }: Operation,
  input: object,
  caller: Caller | undefined,
  context: Context,
  info: CallInfo,
): Promise<Result> {
  if (caller !== undefined) context.presence.touch(caller.userId);
  // each definition pairs `run` with its own schema; `access`, checked above, determines whether there is a caller
  const read = () => run(input as never, caller as never, context, info);
  if (reads === undefined || caller === undefined) return read();
  const conversations = (result: Result) => reads.conversations(result as never, input as never);
  const omit = reads.omit as ((result: Result, removedFrom: ReadonlySet<number>) => Result) | undefined;
  return context.rereadIfRemoved(caller.userId, read, { conversations, ...(omit && { omit }) });
}
