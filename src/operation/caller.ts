import type { CallPosition } from './call-order.ts';

export type Caller = { userId: number; sessionId: string };

/** Information of the transport about a call. Operations do not depend on the transport. */
export type CallInfo = {
  /** The client's address, for limits per origin. */
  readonly address: string;
  /** The id of the calling socket: it gets an acknowledgement, and is excluded from the events of its own call. */
  readonly connection?: string | undefined;
  /** The call's position among the calls of its connection, which start in order of arrival. */
  readonly position?: CallPosition;
  /** The `request_id` of the one-time code that the browser has in its cookie. */
  readonly codeRequest?: string | undefined;
  /** When the call arrived, as `performance.now()`; the answer time limit counts from here. */
  startedAt?: number;
  /** The id of the HTTP request, for the log. */
  readonly requestId?: string | undefined;
  /** Whether the request contains a token, valid or not. */
  readonly hasToken?: boolean;
  /** Whether the caller sent the token itself. A token that came in a cookie never appears in an answer. */
  readonly holdsToken?: boolean;
  /** The origin under which the client reaches the server, for operations that need it. */
  readonly ownOrigin?: string;
  /** The user that a call without a session turned out to concern, for the log. */
  about?: number | undefined;
  /** The state of the limit that this call counted against, for the `RateLimit-*` headers. */
  quota?: Quota | undefined;
};
export type Quota = { limit: number; remaining: number; resetSec: number };
