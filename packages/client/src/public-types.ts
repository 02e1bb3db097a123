import type { ConnectionState } from './connection.ts';
import type { OutboxStorage } from './platform.ts';
import type { InputOf, OperationName, ResultOf } from './protocol.ts';

export type ChatOptions = {
  /** The server's address; defaults to the page's origin in a browser. */
  url?: string;
  /** The session's token, or a function that returns it at each connection attempt; a browser uses the cookie. */
  token?: string | (() => string | undefined);
  /** Where unsent messages are stored; defaults to `localStorage` in a browser, memory elsewhere. */
  storage?: OutboxStorage;
  /** From 0 to below 1, for tests. */
  random?: () => number;
};
export type ChatStatus = {
  readonly state: ConnectionState;
  /** The time of the next attempt, as milliseconds since 1970. */
  readonly retryAt?: number;
  /** Changes were missed and are being synchronized. */
  readonly behind: boolean;
};
export type Ask = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options?: { timeoutMs?: number },
) => Promise<ResultOf<Name>>;
