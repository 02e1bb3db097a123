import type { EventEmitter } from 'node:events';

type Connection = Pick<EventEmitter, 'once'>;
/** What the other nodes have, as far as this one has heard lately, and who hears of what this one has. */
export type OtherConnections = {
  /** How many connections of a user the other nodes have: all, and those on nodes that give way before this one. */
  connectionsOf(userId: number): { all: number; givingWay: number };
  connectionsChanged(userId: number): void;
};

/** How many connections each user has open; a namespace more on the same connection counts nothing. */
export class Connections {
  readonly #most: number;
  /** Each user's connections in the order in which they came, and what closes them. */
  readonly #open = new Map<number, Map<Connection, () => void>>();
  #others: OtherConnections | undefined;

  /** @param most connections per user, on all nodes together */
  constructor(most: number) {
    this.#most = most;
  }

  /** From now on there are other nodes. */
  join(others: OtherConnections): void {
    this.#others = others;
  }

  hasRoom(userId: number): boolean {
    return this.count(userId) + this.#elsewhere(userId).all < this.#most;
  }

  /** How many a user has on this node. */
  count(userId: number): number {
    return this.#open.get(userId)?.size ?? 0;
  }

  /** The users with more than one connection on this node. */
  *several(): Iterable<readonly [userId: number, count: number]> {
    for (const [userId, { size }] of this.#open) if (size > 1) yield [userId, size];
  }

  /**
   * Counts a connection until it closes; false when the user has too many.
   * @param giveUp closes it, should it turn out that other nodes admitted some at the same time
   */
  admit(userId: number, connection: Connection, giveUp: () => void): boolean {
    const open = this.#open.get(userId) ?? new Map<Connection, () => void>();
    if (open.has(connection)) return true;
    if (!this.hasRoom(userId)) return false;
    this.#open.set(userId, open.set(connection, giveUp));
    this.#others?.connectionsChanged(userId);
    connection.once('close', () => {
      open.delete(connection);
      if (open.size === 0) this.#open.delete(userId);
      this.#others?.connectionsChanged(userId);
    });
    return true;
  }

  /** Users' connections on other nodes changed: what is too many, and not for another node to close, is closed, newest first. */
  readonly changedElsewhere = (userIds: Iterable<number>): void => {
    for (const userId of userIds) if (this.#open.has(userId)) this.#giveWay(userId);
  };

  #giveWay(userId: number): void {
    const { all, givingWay } = this.#elsewhere(userId);
    const excess = this.count(userId) + all - givingWay - this.#most;
    if (excess <= 0) return;
    const closings = [...(this.#open.get(userId)?.values() ?? [])];
    for (const giveUp of closings.slice(-excess)) giveUp();
  }

  #elsewhere(userId: number): { all: number; givingWay: number } {
    return this.#others?.connectionsOf(userId) ?? { all: 0, givingWay: 0 };
  }
}
