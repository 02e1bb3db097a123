import type { ErrorCode } from '../errors.ts';
import type { AnyFields } from './fields.ts';

/** What an operation's code cannot say of itself. Its input, its route and its place on sockets are not repeated here. */
export type Description = {
  /** One line, with no full stop. */
  readonly summary: string;
  readonly details?: string;
  /** The fields of its answer, without `success` or `ok`. */
  readonly result: AnyFields;
  /** What it does over HTTP to the session's cookie, or to that of a request for a code. */
  readonly cookie?: 'set' | 'cleared' | 'request';
  /** Its success counts against no limit, so that the answer does not tell the state of one. */
  readonly uncounted?: true;
  /** The errors that are its own, beside those that every operation can have. */
  readonly errors?: readonly ErrorCode[];
};
/** By the name of the operation. */
export type Descriptions = Readonly<Record<string, Description>>;
