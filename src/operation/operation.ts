import { type AnyObject, type InferType, type ObjectSchema, type ObjectShape, object } from 'yup';
import type { Queries } from '../database/queries.ts';
import type { InputOf, OperationName, ResultOf } from '../protocol.ts';
import type { Batch } from '../writer/batch.ts';
import type { Change, ChangeResult } from '../writer/change.ts';
import { oneByOne } from '../writer/one-by-one.ts';
import type { Caller, CallInfo } from './caller.ts';
import type { Context } from './context.ts';
import type { ChatError, ErrorCode } from './errors.ts';
import type { AnyFields, Fields } from './fields.ts';
import type { CODE_REQUEST, COOKIE, FORGET, Result } from './result.ts';
import type { Audit } from './security-log.ts';
import { type Validate, validating } from './validation.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Path parameters have the names of input fields. */
export type Route = `${Method} /api/${string}`;
export type Namespace = '/chat' | '/presence';
type Access = 'public' | 'user' | 'optional';

/** The documentation of an operation. Its input is documented by the schema. */
type Documentation<Answer> = {
  /** The method name in generated clients; by default the operation name in camel case. */
  readonly operationId?: string;
  /** One line without a full stop. */
  readonly summary: string;
  /** One or a few sentences with further details. */
  readonly details: string;
  /** The fields of the result type, all of them and no others. */
  readonly result: Answer;
  /** Its error codes, besides those that every operation can return. */
  readonly errors?: readonly ErrorCode[];
  /** Its effect on the session cookie, or on the cookie of a one-time code request, over HTTP. */
  readonly cookie?: 'set' | 'cleared' | 'request';
  /** A success counts against no limit, so its answer has no `RateLimit-*` headers. */
  readonly uncounted?: true;
};

type Definition<Name extends OperationName, Shape extends ObjectShape> = Documentation<Fields<ResultOf<Name>>> & {
  /** The HTTP routes, the preferred one first. An operation without routes is available on sockets only. */
  readonly http?: Route | readonly Route[];
  /** The Socket.IO namespaces that accept it, by default `/chat`. Plain WebSockets accept operations of any namespace. */
  readonly namespaces?: readonly Namespace[];
  /** The schema of each input field. Types are not coerced, and unknown fields are dropped. */
  readonly input: Shape;
  /** The rate limit that a call counts against, by default `operation`. */
  readonly limit?: 'send' | 'operation';
  /**
   * The number of ordinary calls that this call counts as: an integer from 1. It grows with the work that the input causes:
   * ids, conversations, members, rows.
   */
  cost?(input: InputFrom<Shape>): number;
  /** Refuses unknown query parameters; other operations ignore them. */
  readonly strictQuery?: true;
  /** It has to know under which address the client reaches the server: `CallInfo.ownOrigin`. */
  readonly needsOrigin?: true;
  /** A heavy call may wait for other heavy calls of its user: the operation is read-only, so order does not matter. */
  readonly canWait?: true;
  /**
   * The user that a call affects, for a limit per affected user across all callers. A call that is refused or changes
   * nothing (its result has no `seq`) does not count.
   */
  affectedUser?(input: InputFrom<Shape>): number;
  /** The security log events of its outcomes. */
  readonly audit?: Audit;
};

type InputFrom<Shape extends ObjectShape> = InferType<ReturnType<typeof object<AnyObject, Shape>>>;

/** Instructions to the transport, beside the result. */
type Instructions = { readonly [COOKIE]?: string | null; readonly [FORGET]?: true; readonly [CODE_REQUEST]?: string };
type Answer<Name extends OperationName> = ResultOf<Name> & Instructions;

type KeysOf<Type> = Type extends unknown ? keyof Type : never;
type UnknownKeys<Given, Expected> = Given extends unknown ? Exclude<keyof Given, KeysOf<Expected> | symbol> : never;
/** Rejects, at compile time, a result with keys that the type in `protocol.ts` lacks. They would be undocumented. */
type Exact<Given, Expected> = [UnknownKeys<Given, Expected>] extends [never]
  ? unknown
  : { readonly keysThatProtocolDoesNotHave: UnknownKeys<Given, Expected> };
/** Rejects, at compile time, a schema that does not accept the input type of `protocol.ts`. */
type Accepts<Name extends OperationName, Shape extends ObjectShape> =
  InputOf<Name> extends InputFrom<Shape> ? unknown : { readonly inputThatProtocolAllows: InputOf<Name> };

/** A call of an operation, as the writer queues it. */
export type Call<Input> = {
  readonly input: Input;
  readonly caller: Caller;
  readonly context: Context;
  readonly info: CallInfo;
};

/** Which conversations a result contains. If the caller is removed from one during the read, the read is repeated. */
type Reads<Input, Given> = {
  conversations(result: Given, input: Input): Iterable<number>;
  /** The result without the given conversations, if it can contain several. */
  omit?(result: Given, removed: ReadonlySet<number>): Given;
};

type Run<Input, Who, Given> = (input: Input, caller: Who, context: Context, info: CallInfo) => Promise<Given>;

/** An operation as transports, API documents and tests use it. */
export type Operation<Name extends OperationName = OperationName> = Documentation<AnyFields> & {
  readonly name: Name;
  readonly routes: readonly Route[];
  readonly namespaces: readonly Namespace[];
  readonly input: ObjectSchema<object>;
  readonly validate: Validate;
  readonly limit: 'send' | 'operation';
  cost?(input: never): number;
  readonly strictQuery?: true;
  readonly needsOrigin?: true;
  readonly canWait?: true;
  affectedUser?(input: never): number;
  readonly audit?: Audit;
  /** `optional`: can be called over HTTP without a session. */
  readonly access: Access;
  readonly reads?: Reads<never, never>;
  readonly run: Run<never, never, Result>;
};

/** An operation whose change other operations can submit as well. */
export type ChangeOperation<Name extends OperationName, Input, Given> = Operation<Name> & {
  readonly change: Change<Call<Input>, Given>;
  readonly convertError?: (error: unknown) => unknown;
};

/** The same operation with other schemas of some fields. */
export function withInput<Of extends Operation>(operation: Of, fields: ObjectShape): Of {
  const input = operation.input.shape(fields) as ObjectSchema<object>;
  return { ...operation, input, validate: validating(input) };
}

/** The same operation with another change. */
export const withChange = <Name extends OperationName, Input, Given extends Result>(
  operation: ChangeOperation<Name, Input, Given>,
  change: Change<Call<Input>, Given>,
): ChangeOperation<Name, Input, Given> => ({ ...operation, change, run: submitting(change, operation.convertError) });

/** A read-only operation of a logged-in user. It is repeated if the user is removed meanwhile from a conversation in the result. */
export function query<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> & {
    readonly reads?: Reads<InputFrom<Shape>, NoInfer<Given>>;
    readonly run: Run<InputFrom<Shape>, Caller, Given>;
  } & Exact<Given, ResultOf<Name>> &
    Accepts<Name, Shape>,
): Operation<Name> {
  return operation(name, definition, 'user');
}

/** An operation on the caller's session or account. It does not use the writer. */
export function command<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> & { readonly run: Run<InputFrom<Shape>, Caller, Given> } & Exact<
      Given,
      ResultOf<Name>
    > &
    Accepts<Name, Shape>,
): Operation<Name> {
  return operation(name, definition, 'user');
}

/** A command that can be called over HTTP without a session. */
export function optionalCommand<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> & { readonly run: Run<InputFrom<Shape>, Caller | undefined, Given> } & Exact<
      Given,
      ResultOf<Name>
    > &
    Accepts<Name, Shape>,
): Operation<Name> {
  return operation(name, definition, 'optional');
}

/** An operation without a session, over REST only. It counts against its limits itself. */
export function publicOperation<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> & { readonly run: Run<InputFrom<Shape>, undefined, Given> } & Exact<
      Given,
      ResultOf<Name>
    > &
    Accepts<Name, Shape>,
): Operation<Name> {
  return operation(name, { namespaces: [], ...definition }, 'public');
}

type Locks<Input> = {
  /** The conversations that the input names, by default its `conversation_id`. Their rows are locked before `run`. */
  locks?(input: Input): readonly number[];
  /** Looks up the conversations of inputs that name messages. They are locked as well. */
  locate?(queries: Queries, calls: readonly Call<Input>[]): Promise<readonly number[]>;
  /** Converts a database error to a ChatError. */
  convertError?(error: unknown): unknown;
};

/**
 * A durable change of conversations, run by the writer one call after another. To refuse, `run` throws a ChatError before
 * it writes anything: its writes would be committed with the rest of the batch.
 */
export function change<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> &
    Locks<InputFrom<Shape>> & {
      run(batch: Batch, input: InputFrom<Shape>, caller: Caller): Promise<ChangeResult<Given>>;
      /** Called after the commit. */
      committed?(call: Call<InputFrom<Shape>>): void;
    } & Exact<Given, ResultOf<Name>> &
    Accepts<Name, Shape>,
): ChangeOperation<Name, InputFrom<Shape>, Given> {
  const { run, committed } = definition;
  const each = oneByOne((batch, { input, caller }: Call<InputFrom<Shape>>) => run(batch, input, caller));
  const present = (done: ChangeResult<Given>, call: Call<InputFrom<Shape>>) => {
    committed?.(call);
    return done;
  };
  return changeOperation(name, definition, { run: each, present });
}

/** A change that runs all calls of a batch together, in a few statements. */
export function batchChange<
  Name extends OperationName,
  Shape extends ObjectShape,
  Made,
  Given extends Answer<Name>,
  Found = undefined,
>(
  name: Name,
  definition: Definition<Name, Shape> &
    Locks<InputFrom<Shape>> &
    Pick<Change<never, never>, 'sends' | 'commutesWithSends'> & {
      find?(queries: Queries, calls: readonly Call<InputFrom<Shape>>[]): Promise<Found>;
      run(batch: Batch, calls: readonly Call<InputFrom<Shape>>[], found: Found): Promise<readonly (Made | ChatError)[]>;
      present(made: Made, call: Call<InputFrom<Shape>>): ChangeResult<Given>;
    } & Exact<Given, ResultOf<Name>> &
    Accepts<Name, Shape>,
): ChangeOperation<Name, InputFrom<Shape>, Given> {
  const { find, run, present, sends, commutesWithSends } = definition;
  return changeOperation(name, definition, {
    run,
    present,
    ...(find && { find }),
    ...(sends && { sends }),
    ...(commutesWithSends && { commutesWithSends }),
  });
}

function changeOperation<Name extends OperationName, Shape extends ObjectShape, Given extends Answer<Name>>(
  name: Name,
  definition: Definition<Name, Shape> & Locks<InputFrom<Shape>>,
  writes: Change<Call<InputFrom<Shape>>, Given>,
): ChangeOperation<Name, InputFrom<Shape>, Given> {
  type Input = InputFrom<Shape>;
  const { locate, convertError } = definition;
  const locks = definition.locks ?? ('conversation_id' in definition.input ? namedConversation : undefined);
  const change = {
    ...writes,
    ...(locate && { locate }),
    ...(locks && { locks: ({ input }: Call<Input>) => locks(input) }),
  } as Change<Call<Input>, Given>;
  const run = submitting(change, convertError);
  return { ...operation(name, { ...definition, run }, 'user'), change };
}

function submitting<Input, Given>(change: Change<Call<Input>, Given>, convertError?: (error: unknown) => unknown) {
  return (input: Input, caller: Caller, context: Context, info: CallInfo): Promise<Given> => {
    const submitted = context.changes.submit(change, { input, caller, context, info }, info);
    if (convertError === undefined) return submitted;
    return submitted.catch((error: unknown) => {
      throw convertError(error);
    });
  };
}

const namedConversation = (input: unknown) => [(input as { conversation_id: number }).conversation_id];

function operation<Name extends OperationName, Shape extends ObjectShape>(
  name: Name,
  definition: Definition<Name, Shape> & { readonly run: unknown; readonly reads?: unknown },
  access: Access,
): Operation<Name> {
  const { http = [], namespaces = ['/chat'], limit = 'operation', ...rest } = definition;
  const input = object(definition.input) as unknown as ObjectSchema<object>;
  const routes = typeof http === 'string' ? [http] : http;
  // the functions above check the types of each definition; callers of an operation do not know them
  return {
    ...rest,
    ...{ name, access, namespaces, limit, routes, input, validate: validating(input) },
  } as unknown as Operation<Name>;
}
