import type { ErrorAnswer } from './protocol.ts';

/** Why an operation failed. */
export class ChatClientError extends Error {
  /**
   * One of the server's error codes, or `timeout` (no answer in time), `disconnected` (the connection was lost before
   * the answer: the operation may or may not have happened), `closed` (this client was closed), or `no_answer`
   * (something other than the server answered over HTTP).
   */
  readonly code: string;
  readonly fields: readonly { field: string; message: string }[] | undefined;
  /** Seconds after which a retry may succeed. */
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

/** Errors after which the same request may succeed later. */
const TRANSIENT = new Set(['rate_limited', 'busy', 'database_unavailable', 'shutting_down', 'timeout', 'disconnected']);

export const isTransient = (error: unknown): boolean => error instanceof ChatClientError && TRANSIENT.has(error.code);
export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof ChatClientError && error.code === 'unauthenticated';
