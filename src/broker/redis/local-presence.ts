import type { Count } from './remote-connections.ts';

/** All users of a node: those who are online, and how many connections those have who have more than one. */
export type NodeUsers = { online: number[]; several: Count[] };
type Publish = (kind: 'online' | 'offline' | 'connections', body: unknown) => void;

/**
 * The users of this node, as published to the others. All changes of one round of the event loop become one message, also
 * when thousands of clients reconnect at once.
 */
export class LocalPresence {
  readonly #publish: Publish;
  readonly #online = new Set<number>();
  /** The counts of users with more than one connection. */
  readonly #several = new Map<number, number>();
  /** Users who came online (true) or went offline in this round. */
  readonly #moved = new Map<number, boolean>();
  /** Users whose count changed in this round; from none to one and back follows from who is online. */
  readonly #recounted = new Set<number>();
  #isScheduled = false;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  all(): NodeUsers {
    return { online: [...this.#online], several: [...this.#several] };
  }

  setOnline(userId: number, isOnline: boolean): void {
    if (isOnline) this.#online.add(userId);
    else this.#online.delete(userId);
    this.#moved.set(userId, isOnline);
    this.#schedule();
  }

  setConnections(userId: number, count: number): void {
    const hadSeveral = this.#several.delete(userId);
    if (count > 1) this.#several.set(userId, count);
    else if (!hadSeveral) return;
    this.#recounted.add(userId);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#publishMoved('online', true);
      this.#publishMoved('offline', false);
      this.#moved.clear();
      this.#publishCounts();
    });
  }

  #publishMoved(kind: 'online' | 'offline', isOnline: boolean): void {
    const users = [...this.#moved].flatMap(([userId, is]) => (is === isOnline ? [userId] : []));
    if (users.length > 0) this.#publish(kind, users);
  }

  #publishCounts(): void {
    const counts = [...this.#recounted].map((userId): Count => [userId, this.#several.get(userId) ?? 1]);
    this.#recounted.clear();
    if (counts.length > 0) this.#publish('connections', counts);
  }
}
