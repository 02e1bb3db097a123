import { Server } from 'socket.io';
import { Decoder, type Packet } from 'socket.io-parser';
import type { Config } from '../../config/config.ts';
import type { ChatServer } from '../../delivery/socket-types.ts';
import { Engine } from './engine.ts';

/**
 * Encodes packets as Socket.IO's own encoder does, without searching each of them for binary data, of which this server
 * sends none.
 */
class JsonEncoder {
  encode({ type, nsp, id, data }: Packet): [string] {
    const namespace = nsp === '/' ? '' : `${nsp},`;
    const json = data === undefined || data === null ? '' : JSON.stringify(data);
    return [`${type}${namespace}${id ?? ''}${json}`];
  }
}

/** Creates the Socket.IO server, which holds the rooms of all sockets, and its Engine.IO server. Neither listens. */
export function createSocketServer({ corsOrigins, times }: Config): { io: ChatServer; engine: Engine } {
  const parser = { Encoder: JsonEncoder, Decoder };
  const io: ChatServer = new Server({ serveClient: false, connectTimeout: times.loginWithinMs, parser });
  const engine = new Engine({
    cors: { origin: [...corsOrigins], credentials: true },
    pingInterval: times.pingEveryMs,
    pingTimeout: times.pongWithinMs,
  });
  io.bind(engine);
  return { io, engine };
}
