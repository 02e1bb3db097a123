import type { EventEmitter } from 'node:events';
import type { Broker } from '../broker/broker.ts';

type Connection = Pick<EventEmitter, 'once'>;

/** Limits how many connections each user has open, on all nodes together. Namespaces on the same connection do not count. */
export class Connections {
  readonly #maxPerUser: number;
  readonly #broker: Broker;
  /** Each user's connections on this node, oldest first, and what closes them. */
  readonly #open = new Map<number, Map<Connection, () => void>>();

  constructor(maxPerUser: number, broker: Broker) {
    this.#maxPerUser = maxPerUser;
    this.#broker = broker;
    broker.subscribe({
      connectionsElsewhere: (userIds) => {
        for (const userId of userIds) if (this.#open.has(userId)) this.#closeExcess(userId);
      },
    });
  }

  isAvailable(userId: number): boolean {
    return this.#count(userId) + this.#broker.connectionsElsewhere(userId).all < this.#maxPerUser;
  }

  /**
   * Counts a connection until it closes; false if the user has too many.
   * @param close closes it, called if other nodes admitted connections at the same time
   */
  admit(userId: number, connection: Connection, close: () => void): boolean {
    const open = this.#open.get(userId) ?? new Map<Connection, () => void>();
    if (open.has(connection)) return true;
    if (!this.isAvailable(userId)) return false;
    this.#open.set(userId, open.set(connection, close));
    this.#broker.setConnections(userId, open.size);
    connection.once('close', () => {
      open.delete(connection);
      if (open.size === 0) this.#open.delete(userId);
      this.#broker.setConnections(userId, open.size);
    });
    return true;
  }

  #count(userId: number): number {
    return this.#open.get(userId)?.size ?? 0;
  }

  /** Closes connections that are too many, unless another node has to close its own first; the newest are closed. */
  #closeExcess(userId: number): void {
    const { all, closedFirst } = this.#broker.connectionsElsewhere(userId);
    const excess = this.#count(userId) + all - closedFirst - this.#maxPerUser;
    if (excess <= 0) return;
    const closings = [...(this.#open.get(userId)?.values() ?? [])];
    for (const close of closings.slice(-excess)) close();
  }
}
