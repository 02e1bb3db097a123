import { Server } from 'socket.io';
import { Decoder, type Packet } from 'socket.io-parser';
import type { Config } from '../../config/config.ts';
import type { ChatServer } from '../../delivery/socket-types.ts';
import { Engine } from './engine.ts';

/**
 * Encodes packets as Socket.IO's own encoder does, without searching each of them for binary data, of which this server
 * sends none.
 */
class TextEncoder {
  encode({ type, nsp, id, data }: Packet): [string] {
    const namespace = nsp === '/' ? '' : `${nsp},`;
    return [`${type}${namespace}${id ?? ''}${data === undefined ? '' : JSON.stringify(data)}`];
  }
}

/** Creates the Socket.IO server, which holds the rooms of all sockets, and its Engine.IO server. Neither listens. */
export function createSocketServer({ corsOrigins, times }: Config): { io: ChatServer; engine: Engine } {
  const parser = { Encoder: TextEncoder, Decoder };
  const io: ChatServer = new Server({ serveClient: false, connectTimeout: times.loginWithinMs, parser });
  const engine = new Engine({
    cors: { origin: [...corsOrigins], credentials: true },
    pingInterval: times.pingEveryMs,
    pingTimeout: times.pongWithinMs,
  });
  io.bind(engine);
  return { io, engine };
}
