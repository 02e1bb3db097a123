import type { InferType, ObjectSchema } from 'yup';
import type { Place } from './call-order.ts';
import type { Context } from './context.ts';
import { isUnavailable } from './database-errors.ts';
import { ChatError, type ErrorCode } from './errors.ts';
import { type Validate, validating } from './validation.ts';

export type Caller = { userId: number; sessionId: string };

/** Who asks, from where, over what. Operations must not care which transport it was. */
export type Asked = {
  /** The client's address, for limits per origin. */
  readonly address: string;
  /** The socket that asks, which is answered and therefore needs no echo of its own message. */
  readonly connection?: string | undefined;
  /** The call's place among those of its connection: they start in the order in which they arrived. */
  readonly place?: Place;
  /** The state of the limit that this call counted against, for the `RateLimit-*` headers. */
  quota?: Quota | undefined;
};
export type Quota = { limit: number; remaining: number; resetSec: number };

/** A key of a result by which an operation starts (a token) or ends (null) the caller's cookie; it never reaches a body. */
export const COOKIE: unique symbol = Symbol('cookie');
export type Result = Record<string, unknown> & { [COOKIE]?: string | null };

type Definition<Schema extends ObjectSchema<object>> = {
  /** The only description of the operation's input: checked strictly, and what it does not name is dropped. */
  input: Schema;
  /** Which limit per user a call counts against; the default is `operation`. */
  limit?: 'send' | 'operation';
  /** It only reads conversations: what it read is told only if the caller was not removed from any meanwhile. */
  reads?: boolean;
};

type Run<Input, Who> = (input: Input, who: Who, context: Context, asked: Asked) => Promise<Result>;

export type Operation<Input = never> = {
  /** Never there at run time: by it the compiler holds an operation's schema to the types that clients share. */
  readonly takes?: (input: Input) => void;
  readonly input: ObjectSchema<object>;
  readonly validate: Validate;
  readonly limit: 'send' | 'operation';
  readonly access: 'public' | 'user';
  readonly reads?: boolean;
  readonly run: Run<never, never>;
};

/** An operation for logged-in users. */
export function operation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, Caller> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'user', validate: validating(definition.input) };
}

/** An operation for everybody: it counts its limits itself. */
export function publicOperation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, undefined> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'public', validate: validating(definition.input) };
}

/**
 * Runs an operation for a caller: limit → validate → run. What it changed is committed when the promise resolves, and
 * on its way to the other clients. A change is in the writer's queue before `run` first waits for anything, so changes of
 * one connection take effect in the order in which they arrived.
 * @param raw what the client sent, not yet checked
 * @throws ChatError with the code that the client is told; anything else that is thrown is a fault of ours
 */
export async function dispatch(
  operation: Operation,
  raw: unknown,
  caller: Caller | undefined,
  context: Context,
  asked: Asked,
): Promise<Result> {
  const began = performance.now();
  let result: 'ok' | ErrorCode = 'ok';
  try {
    if (context.draining()) throw new ChatError('shutting_down', { retryAfter: 1 });
    const counted = count(operation, caller, context);
    if (counted !== undefined) asked.quota = await counted;
    const turn = asked.place?.turn();
    if (turn !== undefined) await turn;
    const work = begin(operation, raw, caller, context, asked);
    asked.place?.done();
    return await context.working(work);
  } catch (error) {
    result = codeOf(error);
    throw error;
  } finally {
    asked.place?.done();
    context.observer.operation(operation, result, performance.now() - began);
  }
}

/** What a client is told of anything that was thrown. */
export function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof ChatError) return thrown.code;
  return isUnavailable(thrown) ? 'database_unavailable' : 'internal_error';
}

/** Counts a call against its caller's limit, if there is one. */
function count({ access, limit }: Operation, caller: Caller | undefined, { limits }: Context) {
  if (access === 'public') return undefined;
  if (caller === undefined) throw new ChatError('unauthenticated');
  return limits.take(limit, String(caller.userId));
}

function begin(
  { validate, reads, run }: Operation,
  raw: unknown,
  caller: Caller | undefined,
  context: Context,
  asked: Asked,
): Promise<Result> {
  if (caller !== undefined) context.presence.touch(caller.userId);
  // the table pairs each schema with its own run, and `access` says who the caller is; that is checked above
  const valid = validate(raw) as never;
  const work = () => run(valid, caller as never, context, asked);
  return reads && caller !== undefined ? context.reading(caller.userId, work) : work();
}
