import type { WebSocket } from 'ws';
import type { ChatServer } from '../../delivery/socket-types.ts';
import { terminateSoon } from '../close-timeout.ts';
import { type Frame, FrameWriter, type TickBuffer, textFrame } from '../frame-writer.ts';

const MESSAGE = '4';

/** An Engine.IO connection, as far as writing goes. It is not documented: socket.io is pinned, and tests guard it. */
type Connection = {
  readonly readyState: string;
  readonly transport: { readonly name: string; readonly socket?: WebSocket };
  readonly writeBuffer: readonly { data?: unknown }[];
  write(packet: unknown, options?: { wsPreEncodedFrame?: Frame }): unknown;
  close(discard?: boolean): void;
};
type Limits = { mostUnreadBytes: number; tooSlow(connection: Connection): void };

/**
 * Makes every Socket.IO connection that is a WebSocket write the packets of one tick together. It works below the adapter,
 * so it includes every broadcast and all acknowledgements, in one order. It does not apply to long polling, nor to what
 * waits in Engine.IO's own buffer and all that follows it.
 */
export function coalesceWrites(io: ChatServer, buffer: TickBuffer, limits: Limits): void {
  // Engine.IO's types omit these members
  io.engine.on('connection', (connection) => coalesce(connection as unknown as Connection, buffer, limits));
}

function coalesce(connection: Connection, buffer: TickBuffer, limits: Limits): void {
  const { write, close } = connection;
  let writer: FrameWriter | undefined;
  function ownWriter(): FrameWriter | undefined {
    const { name, socket } = connection.transport;
    if (name !== 'websocket' || socket === undefined) return undefined;
    writer ??= new FrameWriter(socket, buffer, { ...limits, tooSlow: () => limits.tooSlow(connection) });
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
