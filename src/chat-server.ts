import type { Namespace, Server, Socket } from 'socket.io';

/** What Socket.IO clients enter. */
export const NAMESPACES = ['/chat', '/presence'] as const;
/** Where plain WebSockets are, each with one membership by which it hears what is told in either of the others. */
export const PLAIN = '/plain';

/** What is known of a socket from its authentication on. */
export type SocketData = {
  userId: number;
  sessionId: string;
  expiresAt: number;
  address: string;
  /** How many operations it has asked for and not been answered. */
  unanswered?: number;
  /** Its session is over, and it is only still there to be answered. */
  ended?: boolean;
};
type Hears = Record<string, never>;
/** Events are emitted by `delivery.ts` alone, where each is typed by the protocol, so Socket.IO need not type them again. */
type Tells = Record<string, (payload: unknown) => void>;
export type ChatServer = Server<Hears, Tells, Hears, SocketData>;
export type ChatSocket = Socket<Hears, Tells, Hears, SocketData>;
export type ChatNamespace = Namespace<Hears, Tells, Hears, SocketData>;
