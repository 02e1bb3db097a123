import { type InferType, type ObjectSchema, ValidationError } from 'yup';
import type { Context } from './context.ts';
import { isUnavailable } from './database-errors.ts';
import { ChatError, type ErrorCode } from './errors.ts';

export type Caller = { userId: number; sessionId: string };

/** Who asks, from where, over what. Operations must not care which transport it was. */
export type Asked = {
  /** The client's address, for limits per origin. */
  readonly address: string;
  /** The socket that asks, which is answered and therefore needs no echo of its own message. */
  readonly connection?: string | undefined;
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
  readonly limit: 'send' | 'operation';
  readonly access: 'public' | 'user';
  readonly reads?: boolean;
  readonly run: Run<never, never>;
};

/** An operation for logged-in users. */
export function operation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, Caller> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'user' };
}

/** An operation for everybody: it counts its limits itself. */
export function publicOperation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, undefined> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'public' };
}

/**
 * Runs an operation for a caller: limit → validate → run. What it changed is committed when the promise resolves, and
 * on its way to the other clients.
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
  const answered = (result: 'ok' | ErrorCode) =>
    context.observer.operation(operation, result, performance.now() - began);
  try {
    const result = await attempt(operation, raw, caller, context, asked);
    answered('ok');
    return result;
  } catch (error) {
    answered(codeOf(error));
    throw error;
  }
}

/** What a client is told of anything that was thrown. */
export function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof ChatError) return thrown.code;
  return isUnavailable(thrown) ? 'database_unavailable' : 'internal_error';
}

async function attempt(
  { access, limit, input, reads, run }: Operation,
  raw: unknown,
  caller: Caller | undefined,
  context: Context,
  asked: Asked,
): Promise<Result> {
  if (context.draining()) throw new ChatError('shutting_down', { retryAfter: 1 });
  if (access === 'user') {
    if (caller === undefined) throw new ChatError('unauthenticated');
    asked.quota = await context.limits.take(limit, String(caller.userId));
    context.presence.touch(caller.userId);
  }
  // the table pairs each schema with its own run, and `access` says who the caller is; both are checked above
  const valid = validate(input, raw);
  const work = () => run(valid as never, caller as never, context, asked);
  return context.working(reads && caller !== undefined ? context.reading(caller.userId, work) : work());
}

/** Checks `raw` strictly and gives back only what the schema names. */
function validate(schema: ObjectSchema<object>, raw: unknown): object {
  const fields = raw ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields)) {
    throw new ChatError('invalid_input', { fields: [{ field: '', message: 'has to be an object' }] });
  }
  const named = Object.fromEntries(
    Object.keys(schema.fields).map((name) => [name, (fields as Record<string, unknown>)[name]]),
  );
  try {
    return schema.validateSync(named, { strict: true, abortEarly: false });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const failures = error.inner.length > 0 ? error.inner : [error];
    throw new ChatError('invalid_input', {
      fields: failures.map(({ path, message }) => ({ field: path ?? '', message })),
    });
  }
}
