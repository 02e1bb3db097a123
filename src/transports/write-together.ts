import type { WebSocket } from 'ws';
import type { ChatServer } from '../chat-server.ts';
import { type Frame, FrameWriter, type Turn, textFrame } from './frame-writer.ts';
import { terminateSoon } from './terminate-soon.ts';

const MESSAGE = '4';

/** An Engine.IO connection, as far as writing goes. Its form is not documented: socket.io is pinned, and tests guard it. */
type Connection = {
  readonly readyState: string;
  readonly transport: { readonly name: string; readonly socket?: WebSocket };
  readonly writeBuffer: readonly { data?: unknown }[];
  write(packet: unknown, options?: { wsPreEncodedFrame?: Frame }): unknown;
  close(discard?: boolean): void;
};
type Limits = { mostUnreadBytes: number; tooSlow(connection: Connection): void };

/**
 * Has every Socket.IO connection that is a WebSocket write the packets of one turn together. It sits below the adapter,
 * so it serves every broadcast, wherever it came from, and acknowledgements too, in one order. Long polling goes its own
 * way, as does whatever still waits in Engine.IO's own buffer and all that follows it.
 */
export function writeTogether(io: ChatServer, turn: Turn, limits: Limits): void {
  // its types say less than what it is
  io.engine.on('connection', (connection) => takeOver(connection as unknown as Connection, turn, limits));
}

function takeOver(connection: Connection, turn: Turn, limits: Limits): void {
  const { write, close } = connection;
  let writer: FrameWriter | undefined;
  function ownWriter(): FrameWriter | undefined {
    const { name, socket } = connection.transport;
    if (name !== 'websocket' || socket === undefined) return undefined;
    writer ??= new FrameWriter(socket, turn, { ...limits, tooSlow: () => limits.tooSlow(connection) });
    return writer;
  }
  connection.write = (packet, options) => {
    if (connection.readyState !== 'open') return connection;
    const direct = typeof packet === 'string' && connection.writeBuffer.length === 0 ? ownWriter() : undefined;
    if (direct === undefined) {
      writer?.flush();
      return write.call(connection, packet, options);
    }
    direct.write(options?.wsPreEncodedFrame ?? textFrame(MESSAGE + packet));
    return connection;
  };
  connection.close = (discard) => {
    writer?.flush();
    const { socket } = connection.transport;
    if (socket !== undefined) terminateSoon(socket);
    return close.call(connection, discard);
  };
}
