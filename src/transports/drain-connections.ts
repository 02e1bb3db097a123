import type { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { WebSocket } from 'ws';
import type { ChatServer } from '../delivery/socket-types.ts';
import { terminateSoon } from './close-timeout.ts';
import { connectionsOf } from './socketio/slow-readers.ts';

const STEP_MS = 3;
const SPREAD_OVER_MS = 3_000;
/** How long a client may take to fetch pending data before its connection ends anyway. */
const SEND_WITHIN_MS = 1_000;

/** An Engine.IO connection, as far as ending it goes. Its form is not documented: socket.io is pinned, and tests guard it. */
export type EngineConnection = {
  readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: {
    readonly name: string;
    /** `ws` keeps the connection below it to itself. */
    readonly socket?: WebSocket & { readonly _socket: TcpSocket };
    /** The request of long polling that waits for something to be sent. */
    readonly req?: IncomingMessage | null;
  };
  once(event: 'drain' | 'close', listener: () => void): unknown;
  close(discard: boolean): void;
};

/**
 * Ends connections one after the other over up to 3 s, so that their clients do not all reconnect to the other nodes in the
 * same moment.
 */
export async function drainConnections(endings: readonly (() => Promise<void> | void)[]): Promise<void> {
  const step = Math.min(STEP_MS, SPREAD_OVER_MS / endings.length);
  const start = performance.now();
  const ended: (Promise<void> | void)[] = [];
  for (const [index, end] of endings.entries()) {
    const early = start + index * step - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    ended.push(end());
  }
  await Promise.all(ended);
}

/** The connections that use long polling: their clients fetch data with one request after another. */
export const pollingConnections = (io: ChatServer): EngineConnection[] =>
  connectionsOf<EngineConnection>(io).filter(({ transport }) => transport.name === 'polling');

/**
 * Ends an Engine.IO connection after its pending data was sent, as if the network had failed: every client
 * reconnects after that by itself. Clients take Engine.IO's own packet for closing as final, and some wait for a ping that
 * is overdue after a WebSocket's closing frame; so neither is sent.
 */
export async function endConnection(connection: EngineConnection): Promise<void> {
  if (connection.transport.name === 'websocket') await allSent(connection);
  if (connection.readyState !== 'open') return;
  const closed = new Promise<void>((resolve) => connection.once('close', resolve));
  const { socket, req } = connection.transport;
  if (socket !== undefined) endWebSocket(connection, socket);
  else if (req) req.socket.destroy();
  else connection.close(true); // no request waits, so nothing is sent; the next one is answered 400
  await closed;
}

/** An orderly end of TCP: everything that was written before arrives. */
function endWebSocket(connection: EngineConnection, socket: WebSocket & { readonly _socket: TcpSocket }): void {
  connection.readyState = 'closing'; // so that nothing more is written
  socket._socket.end();
  terminateSoon(socket);
}

/** Resolves when nothing waits to be sent, or after a second. */
export function allSent(connection: EngineConnection): Promise<void> | undefined {
  if (connection.writeBuffer.length === 0) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SEND_WITHIN_MS);
    connection.once('drain', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
