import type { ErrorAnswer } from './protocol.ts';

/** Why an operation did not succeed. */
export class ChatClientError extends Error {
  /**
   * One of the server's error codes, or `timeout` (no answer in time), `disconnected` (the connection was lost before
   * there was one: it may have happened or not), `closed` (this client was closed), or `no_answer` (what answered over
   * HTTP was not the server).
   */
  readonly code: string;
  readonly fields: readonly { field: string; message: string }[] | undefined;
  /** Seconds after which another try may succeed. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, details: Pick<ErrorAnswer, 'fields' | 'retry_after'> = {}) {
    super(message);
    this.name = 'ChatClientError';
    this.code = code;
    this.fields = details.fields;
    this.retryAfter = details.retry_after;
  }

  static of({ code, message, ...details }: ErrorAnswer): ChatClientError {
    return new ChatClientError(code, message, details);
  }
}

/** Errors that pass: the same request may succeed later. */
const PASSING = new Set(['rate_limited', 'busy', 'database_unavailable', 'shutting_down', 'timeout', 'disconnected']);

export const passes = (error: unknown): boolean => error instanceof ChatClientError && PASSING.has(error.code);
export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof ChatClientError && error.code === 'unauthenticated';
