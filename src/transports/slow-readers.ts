import type { ChatServer } from '../chat-server.ts';
import type { Observer } from '../observer.ts';

const LOOK_EVERY_MS = 500;
/** What may wait for one Socket.IO connection before it is cut; it catches up by `sync`. */
const MOST_WAITING_PACKETS = 2_000;
export const MOST_WAITING_BYTES = 2_097_152;

type Connection = {
  writeBuffer: readonly { data?: unknown }[];
  transport: { name: string; socket?: { bufferedAmount?: number; terminate?(): void } };
  close(discard?: boolean): void;
};

/** Cuts Socket.IO connections that do not read: what they do not take would pile up in our memory without end. */
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
    // it does not read the closing either, and what waits for it would be kept for a second more
    connection.transport.socket?.terminate?.();
    this.#slowClientCut('socketio');
  };
}

/** The Socket.IO connections that are open, as whoever asks knows them; engine.io types its register of them as internal. */
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
