import { type ChatServer, NAMESPACES } from '../chat-server.ts';

type Log = { debug(fields: object, message: string): void; isLevelEnabled(level: string): boolean };

/** A line, at debug, when a socket enters a namespace and when it leaves it. Plain WebSockets pass through there too. */
export function logSockets(io: ChatServer, log: Log): void {
  if (!log.isLevelEnabled('debug')) return;
  for (const namespace of NAMESPACES) {
    io.of(namespace).on('connection', (socket) => {
      const who = { namespace, socket: socket.id, user: socket.data.userId };
      log.debug(who, 'socket connected');
      socket.once('disconnect', (reason) => log.debug({ ...who, reason }, 'socket disconnected'));
    });
  }
}
