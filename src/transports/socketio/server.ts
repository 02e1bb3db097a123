import { Server } from 'socket.io';
import type { Config } from '../../config/config.ts';
import type { ChatServer } from '../../delivery/socket-types.ts';
import { Engine } from './engine.ts';

/** Creates the Socket.IO server, which holds the rooms of all sockets, and its Engine.IO server. Neither listens. */
export function createSocketServer({ corsOrigins, times }: Config): { io: ChatServer; engine: Engine } {
  const io: ChatServer = new Server({ serveClient: false, connectTimeout: times.loginWithinMs });
  const engine = new Engine({
    cors: { origin: [...corsOrigins], credentials: true },
    pingInterval: times.pingEveryMs,
    pingTimeout: times.pongWithinMs,
  });
  io.bind(engine);
  return { io, engine };
}
