import type { OperationName, ServerEventName } from '../protocol.ts';
import type { ErrorCode } from './errors.ts';

/**
 * Receives what a node does, as numbers only: no ids, names or texts. It is called on the hot path, so it must be fast and
 * must not throw.
 */
export type Observer = {
  /** An operation was answered. */
  readonly operation: (name: OperationName, result: 'ok' | ErrorCode, ms: number) => void;
  /** An HTTP request was answered. */
  readonly request: (status: number) => void;
  /** Changes were committed in one transaction. */
  readonly committed: (changes: number, ms: number) => void;
  /** An event was emitted to sockets of this node. */
  readonly emitted: (type: ServerEventName, sockets: number) => void;
  /** A message for the other nodes could not be published. */
  readonly publishLost: () => void;
  /** A one-time code was wrong. */
  readonly wrongCode: (purpose: 'signup' | 'reset') => void;
  /** A client that did not read was disconnected. */
  readonly slowClientCut: (transport: 'socketio' | 'raw') => void;
};
