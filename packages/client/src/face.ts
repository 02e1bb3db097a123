import type { ConnectionState } from './connection.ts';
import type { InputOf, OperationName, ResultOf } from './protocol.ts';
import type { OutboxStorage } from './surroundings.ts';

export type ChatOptions = {
  /** The server's address; in a browser the page's own unless it is given. */
  url?: string;
  /** The session's token, or where to get it at each connecting; in a browser the cookie does. */
  token?: string | (() => string | undefined);
  /** Where unsent messages are kept; a browser's `localStorage` unless it is given, memory elsewhere. */
  storage?: OutboxStorage;
  /** From 0 to below 1, for tests. */
  random?: () => number;
};
export type ChatStatus = {
  readonly state: ConnectionState;
  /** When the next try is, as milliseconds since 1970. */
  readonly retryAt?: number;
  /** Something was missed and is being caught up on. */
  readonly behind: boolean;
};
export type Ask = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options?: { timeoutMs?: number },
) => Promise<ResultOf<Name>>;
