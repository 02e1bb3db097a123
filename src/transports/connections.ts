import type { EventEmitter } from 'node:events';

/** How many connections each user has open; a namespace more on the same connection counts nothing. */
export class Connections {
  readonly #most: number;
  readonly #open = new Map<number, Set<EventEmitter>>();

  /** @param most connections per user */
  constructor(most: number) {
    this.#most = most;
  }

  hasRoom(userId: number): boolean {
    return (this.#open.get(userId)?.size ?? 0) < this.#most;
  }

  /** Counts a connection until it closes; false when the user has too many. */
  admit(userId: number, connection: EventEmitter): boolean {
    const open = this.#open.get(userId) ?? new Set();
    if (open.has(connection)) return true;
    if (!this.hasRoom(userId)) return false;
    this.#open.set(userId, open.add(connection));
    connection.once('close', () => {
      open.delete(connection);
      if (open.size === 0) this.#open.delete(userId);
    });
    return true;
  }
}
