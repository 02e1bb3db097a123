import type { Count } from './remote-connections.ts';

/** Everybody on a node: who is online, and how many connections those have who have several. */
export type Users = { online: number[]; several: Count[] };
type Here = {
  onlineUsers(): Iterable<number>;
  connectionsHere(userId: number): number;
  severalConnections(): Iterable<Count>;
};
type Publish = (kind: 'online' | 'offline' | 'connections', body: unknown) => void;

/**
 * Tells the other nodes of this one's users. When thousands come back at once, all those of one turn of the event loop are
 * one message.
 */
export class OwnUsers {
  readonly #here: Here;
  readonly #publish: Publish;
  /** Who came or went in this turn, and is now online or not. */
  readonly #moved = new Map<number, boolean>();
  /** Whose connections changed in this turn. */
  readonly #recounted = new Set<number>();
  /** Who the others think has several connections here. */
  readonly #several = new Set<number>();
  #isTelling = false;

  constructor(here: Here, publish: Publish) {
    this.#here = here;
    this.#publish = publish;
  }

  all(): Users {
    return { online: [...this.#here.onlineUsers()], several: [...this.#here.severalConnections()] };
  }

  moved(userId: number, isOnline: boolean): void {
    this.#moved.set(userId, isOnline);
    this.#tellSoon();
  }

  /** What follows from who is online is not told. */
  recounted(userId: number): void {
    this.#recounted.add(userId);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#tellMoved('online', true);
      this.#tellMoved('offline', false);
      this.#moved.clear();
      this.#tellCounts();
    });
  }

  #tellMoved(kind: 'online' | 'offline', isOnline: boolean): void {
    const users = [...this.#moved].flatMap(([userId, is]) => (is === isOnline ? [userId] : []));
    if (users.length > 0) this.#publish(kind, users);
  }

  #tellCounts(): void {
    const counts = [...this.#recounted].map((userId): Count => [userId, this.#here.connectionsHere(userId)]);
    const told = counts.filter(([userId, count]) => count > 1 || this.#several.delete(userId));
    for (const [userId, count] of told) if (count > 1) this.#several.add(userId);
    this.#recounted.clear();
    if (told.length > 0) this.#publish('connections', told);
  }
}
