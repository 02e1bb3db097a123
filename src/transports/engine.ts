import { Server, type ServerOptions } from 'engine.io';

type Connection = { readonly transport: { readonly name: string }; readonly upgrading: boolean };

/** Engine.IO, the layer below Socket.IO: connections over WebSocket or long polling. */
export class Engine extends Server {
  constructor(options: ServerOptions) {
    super({ perMessageDeflate: false, httpCompression: false, ...options });
  }

  /** The open connection with this session id. */
  connection(sid: string): Connection | undefined {
    const clients: Record<string, unknown> = this.clients; // `upgrading` is private in its types
    return Object.hasOwn(clients, sid) ? (clients[sid] as Connection) : undefined;
  }
}
