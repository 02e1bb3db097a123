import type { InferType, ObjectSchema } from 'yup';
import type { Place } from './call-order.ts';
import type { Context } from './context.ts';
import { isUnavailable } from './database-errors.ts';
import { ChatError, type ErrorCode } from './errors.ts';
import { HEAVY_COST } from './heavy-calls.ts';
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
  /** The request for a one-time code that the caller's browser remembers. */
  readonly codeRequest?: string | undefined;
  /** The id of the HTTP request, for the log. */
  readonly request?: string | undefined;
  /** Whether there is a token, be it good or not. */
  readonly bearsToken?: boolean;
  /** Whom a call by nobody in particular turned out to be about, for the log. */
  about?: number | undefined;
  /** The state of the limit that this call counted against, for the `RateLimit-*` headers. */
  quota?: Quota | undefined;
};
export type Quota = { limit: number; remaining: number; resetSec: number };

/** A key of a result by which an operation starts (a token) or ends (null) the caller's cookie; it never reaches a body. */
export const COOKIE: unique symbol = Symbol('cookie');
/** A key by which an operation has the caller's browser forget what our pages have stored in it. */
export const FORGET: unique symbol = Symbol('forget');
/** A key by which an operation has the caller's browser remember its request for a one-time code. */
export const CODE_REQUEST: unique symbol = Symbol('code request');
export type Result = Record<string, unknown> & {
  [COOKIE]?: string | null;
  [FORGET]?: true;
  [CODE_REQUEST]?: string;
};

type Definition<Schema extends ObjectSchema<object>> = {
  /** The only description of the operation's input: checked strictly, and what it does not name is dropped. */
  input: Schema;
  /** Which limit per user a call counts against; the default is `operation`. */
  limit?: 'send' | 'operation';
  /**
   * How many ordinary calls one counts as, by what it asks for: whole, from 1 on. Whatever makes it more work is in it: ids,
   * conversations, members, rows.
   */
  cost?: (input: InferType<Schema>) => number;
  /** It changes nothing, so that a call may wait for other heavy ones of its user to end, whatever is asked for after it. */
  canWait?: boolean;
  /**
   * The user to whom it is done, where that is limited however many do it. What is refused, or changes nothing (its result
   * has no `seq`), does not count.
   */
  doneTo?: (input: InferType<Schema>) => number;
  /** It only reads conversations, these: what it read is told only if the caller was not removed from one of them meanwhile. */
  reads?: Reads<InferType<Schema>>;
};

/** What an operation's answer tells of conversations. */
type Reads<Input> = {
  conversations(answer: Result, input: Input): Iterable<number>;
  /** The answer without some of them, where it is one about many. */
  without?(answer: Result, left: ReadonlySet<number>): Result;
};

type Run<Input, Who> = (input: Input, who: Who, context: Context, asked: Asked) => Promise<Result>;

export type Operation<Input = never> = {
  /** Never there at run time: by it the compiler holds an operation's schema to the types that clients share. */
  readonly takes?: (input: Input) => void;
  readonly input: ObjectSchema<object>;
  readonly validate: Validate;
  readonly limit: 'send' | 'operation';
  readonly cost?: (input: never) => number;
  readonly canWait?: boolean;
  readonly doneTo?: (input: never) => number;
  /** `optional`: over HTTP for everybody, with what it does for whoever is logged in; over a socket everybody is. */
  readonly access: 'public' | 'user' | 'optional';
  readonly reads?: Reads<never>;
  readonly run: Run<never, never>;
};

/** An operation for logged-in users. */
export function operation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, Caller> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'user', validate: validating(definition.input) };
}

/** An operation that over HTTP can also be asked for without a session. */
export function optionalOperation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, Caller | undefined> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'optional', validate: validating(definition.input) };
}

/** An operation for everybody: it counts its limits itself. */
export function publicOperation<Schema extends ObjectSchema<object>>(
  definition: Definition<Schema> & { run: Run<InferType<Schema>, undefined> },
): Operation<InferType<Schema>> {
  return { limit: 'operation', ...definition, access: 'public', validate: validating(definition.input) };
}

/**
 * Runs an operation for a caller: validate → limit → run. What it changed is committed when the promise resolves, and
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
  let target: string | undefined;
  try {
    if (context.draining()) throw new ChatError('shutting_down', { retryAfter: 1 });
    const valid = checked(operation, raw);
    const cost = valid instanceof ChatError ? 1 : (operation.cost?.(valid as never) ?? 1);
    const counted = count(operation, caller, cost, context);
    if (counted !== undefined) asked.quota = await counted;
    if (valid instanceof ChatError) throw valid;
    if (operation.doneTo !== undefined) target = await countFor(operation.doneTo(valid as never), context);
    const turn = asked.place?.turn();
    if (turn !== undefined) await turn;
    const isHeavy = cost >= HEAVY_COST;
    const work =
      isHeavy && caller !== undefined
        ? beginHeavy(operation, valid, caller, context, asked)
        : begin(operation, valid, caller, context, asked);
    asked.place?.done();
    const answer = await context.working(work);
    if (answer.seq !== undefined) target = undefined;
    context.security.done(operation, caller, valid, answer, asked);
    return answer;
  } catch (error) {
    result = codeOf(error);
    context.security.refused(operation, result, asked);
    throw error;
  } finally {
    asked.place?.done();
    if (target !== undefined) void context.limits.giveBack('added', target).catch(() => undefined); // a limit never fails
    context.observer.operation(operation, result, performance.now() - began);
  }
}

/** What a client is told of anything that was thrown. */
export function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof ChatError) return thrown.code;
  return isUnavailable(thrown) ? 'database_unavailable' : 'internal_error';
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

/** The checked input, or what is wrong with it: a call that is refused for that has been counted before. */
function checked({ validate }: Operation, raw: unknown): object | ChatError {
  try {
    return validate(raw);
  } catch (error) {
    if (error instanceof ChatError) return error;
    throw error;
  }
}

function beginHeavy(
  operation: Operation,
  input: object,
  caller: Caller,
  context: Context,
  asked: Asked,
): Promise<Result> {
  const { canWait = false } = operation;
  return context.heavy.run(caller.userId, canWait, () => begin(operation, input, caller, context, asked));
}

function begin(
  { reads, run }: Operation,
  input: object,
  caller: Caller | undefined,
  context: Context,
  asked: Asked,
): Promise<Result> {
  if (caller !== undefined) context.presence.touch(caller.userId);
  // the table pairs each schema with its own run, and `access` says who the caller is; that is checked above
  const work = () => run(input as never, caller as never, context, asked);
  if (reads === undefined || caller === undefined) return work();
  const conversations = (answer: Result) => reads.conversations(answer, input as never);
  return context.reading(caller.userId, work, { ...reads, conversations });
}
