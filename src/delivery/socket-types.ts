import type { Namespace, Server, Socket } from 'socket.io';

/** The namespaces of Socket.IO clients. */
export const NAMESPACES = ['/chat', '/presence'] as const;
/** The namespace of plain WebSockets: a socket in it receives the events of both others. */
export const PLAIN = '/plain';

/** The data of an authenticated socket. */
export type SocketData = {
  userId: number;
  sessionId: string;
  expiresAt: number;
  address: string;
  /** Whether the client holds the token itself, as a program does, and not in a cookie that its pages cannot read. */
  holdsToken: boolean;
  /** How many of its calls have not been answered. */
  unanswered?: number;
  /** Its session has ended; it is only kept open for answers. */
  ended?: boolean;
};
type NoEvents = Record<string, never>;
/** Only `delivery.ts` emits events, where the protocol types each of them, so Socket.IO need not type them again. */
type AnyEvents = Record<string, (payload: unknown) => void>;
export type ChatServer = Server<NoEvents, AnyEvents, NoEvents, SocketData>;
export type ChatSocket = Socket<NoEvents, AnyEvents, NoEvents, SocketData>;
export type ChatNamespace = Namespace<NoEvents, AnyEvents, NoEvents, SocketData>;
