import { Server, type ServerOptions } from 'engine.io';
import { WebSocketServer } from 'ws';
import { CLOSE_WITHIN_MS, LARGEST_PACKET_BYTES, LARGEST_PAYLOAD_BYTES } from './engine-limits.ts';
import { limitPayloads, type PollingTransport } from './polling-payloads.ts';

type Connection = { readonly transport: { readonly name: string }; readonly upgrading: boolean };
type Request = Parameters<Server['handleRequest']>[0];
type TransportName = 'polling' | 'websocket' | 'webtransport';

/** Engine.IO, the layer below Socket.IO: connections over WebSocket or long polling, with a limit for each packet. */
export class Engine extends Server {
  constructor(options: ServerOptions) {
    super({
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: LARGEST_PAYLOAD_BYTES, // sent to clients, which split their payloads accordingly
      wsEngine: PacketWebSocketServer,
      ...options,
    });
  }

  /** The open connection with this session id. */
  connection(sid: string): Connection | undefined {
    const clients: Record<string, unknown> = this.clients; // `upgrading` is private in its types
    return Object.hasOwn(clients, sid) ? (clients[sid] as Connection) : undefined;
  }

  protected override createTransport(name: TransportName, request: Request) {
    const transport = super.createTransport(name, request);
    if (name === 'polling') limitPayloads(transport as unknown as PollingTransport); // its types say less than what it is
    return transport;
  }
}

/** On a WebSocket each frame is one packet, and the client has to answer a closing. */
class PacketWebSocketServer extends WebSocketServer {
  constructor(options: object) {
    const limits = { maxPayload: LARGEST_PACKET_BYTES, closeTimeout: CLOSE_WITHIN_MS };
    super({ ...options, ...limits });
  }
}
