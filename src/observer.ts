import type { ErrorCode } from './errors.ts';
import type { Operation } from './operation.ts';
import type { ServerEventName } from './protocol.ts';

/**
 * What a node tells of its work, in numbers only: no ids, names or texts. Whoever works calls it on the hot path, so it
 * must be quick and must not throw; what becomes of the numbers only `operating/` knows.
 */
export type Observer = {
  /** An operation was answered. */
  readonly operation: (operation: Operation, result: 'ok' | ErrorCode, ms: number) => void;
  /** An HTTP request was answered. */
  readonly request: (status: number) => void;
  /** So many changes were committed as one transaction. */
  readonly committed: (changes: number, ms: number) => void;
  /** An event was emitted to so many sockets of this node. */
  readonly emitted: (type: ServerEventName, sockets: number) => void;
  /** Something that was published for the other nodes did not get out. */
  readonly publishLost: () => void;
  /** A one-time code was wrong. */
  readonly wrongCode: (purpose: 'signup' | 'reset') => void;
  /** A client that did not read was cut. */
  readonly slowClientCut: (transport: 'socketio' | 'raw') => void;
};
