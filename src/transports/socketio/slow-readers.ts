import type { ChatServer } from '../../delivery/socket-types.ts';
import type { Observer } from '../../operation/observer.ts';

const LOOK_EVERY_MS = 500;
/** How much may be pending for one Socket.IO connection before it is closed; its client then syncs. */
const MOST_WAITING_PACKETS = 2_000;
export const MOST_WAITING_BYTES = 2_097_152;

type Connection = {
  writeBuffer: readonly { data?: unknown }[];
  transport: { name: string; socket?: { bufferedAmount?: number; terminate?(): void } };
  close(discard?: boolean): void;
};

/** Closes Socket.IO connections that do not read: their pending data would fill the server's memory. */
export class SlowReaders {
  readonly #io: ChatServer;
  readonly #slowClientCut: Observer['slowClientCut'];
  readonly #timer: NodeJS.Timeout;

  constructor(io: ChatServer, { slowClientCut }: Pick<Observer, 'slowClientCut'>) {
    this.#io = io;
    this.#slowClientCut = slowClientCut;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const connection of connectionsOf(this.#io)) {
      if (!isTooSlow(connection)) continue;
      this.cut(connection);
    }
  }

  readonly cut = (connection: Connection): void => {
    connection.close(true);
    // it would not read a close packet either, and its pending data would stay in memory for another second
    connection.transport.socket?.terminate?.();
    this.#slowClientCut('socketio');
  };
}

/** The open Socket.IO connections, with the members that the caller knows; engine.io's types declare them internal. */
export function connectionsOf<Known = Connection>(io: ChatServer): Known[] {
  const { clients } = io.engine as unknown as { clients: Record<string, Known> };
  return Object.values(clients);
}

function isTooSlow({ writeBuffer, transport }: Connection): boolean {
  if (writeBuffer.length > MOST_WAITING_PACKETS) return true;
  if ((transport.socket?.bufferedAmount ?? 0) > MOST_WAITING_BYTES) return true;
  let bytes = 0;
  for (const { data } of writeBuffer) bytes += typeof data === 'string' ? data.length : 0;
  return bytes > MOST_WAITING_BYTES;
}
