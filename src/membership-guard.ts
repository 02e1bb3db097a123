import { LRUCache } from 'lru-cache';
import type { Room } from './effects.ts';

export type ReadMembers = (conversationId: number) => Promise<readonly number[]>;
type Rooms = {
  /** False when this node may be behind the others: then it knows of no removal for sure. */
  areCurrent(): boolean;
  hasRoom(conversationId: number): boolean;
  settleRoom(conversationId: number, members: ReadonlySet<number>): void;
  /** What has just been emitted must not be written to anybody. */
  takeBack(): void;
};

const MOST_REMEMBERED = 100_000;

type Held = {
  emits: (() => void)[];
  needed: number;
  joined: Set<number>;
  left: Set<number>;
  /** Something happened of which the reading under way may not know. */
  stale: boolean;
};

/**
 * Lets an event into a room only when this node knows of every removal that came before it. Removals are told to all
 * nodes, but what is told can be lost, or overtaken by the event; the event bears the number of the newest removal, and a
 * node that knows only an older one reads who is left before it delivers. So one who was removed hears nothing, whatever
 * happens between the nodes.
 */
export class MembershipGuard {
  readonly #readMembers: ReadMembers;
  readonly #rooms: Rooms;
  readonly #failed: (error: unknown) => void;
  /** The newest removal that this node has carried out, per conversation. */
  readonly #known = new LRUCache<number, number>({ max: MOST_REMEMBERED });
  readonly #held = new Map<number, Held>();
  /** What is known of a conversation of which nothing is noted: no removal, or not even that. */
  #otherwise = 0;

  readonly #goodForMs: number;

  /** @param goodForMs how old may be what is known about members when an event has been emitted by it */
  constructor(readMembers: ReadMembers, rooms: Rooms, failed: (error: unknown) => void, goodForMs: number) {
    this.#goodForMs = goodForMs;
    this.#readMembers = readMembers;
    this.#rooms = rooms;
    this.#failed = failed;
  }

  /** Emits now, or as soon as the members are known; in order either way. */
  pass({ id, removalSeq }: Room, emit: () => void): void {
    const now = Date.now();
    if (!this.#rooms.areCurrent()) this.forget();
    const held = this.#held.get(id);
    if (held !== undefined) {
      held.emits.push(emit);
      held.needed = Math.max(held.needed, removalSeq);
    } else if ((this.#known.get(id) ?? this.#otherwise) >= removalSeq) this.#emit([emit], now);
    else if (this.#rooms.hasRoom(id) || this.#otherwise < 0) this.#hold(id, removalSeq, emit);
    // else nobody is there to hear it, and who comes reads the members anew
  }

  /**
   * @param seq the number of the change by which they joined
   * @returns false if a newer removal is known, which may have been of one of them: on its way, the news of the joining was
   *   overtaken. Then the members are read, and put into the room by that
   */
  joined(conversationId: number, userIds: readonly number[], seq: number): boolean {
    if ((this.#known.get(conversationId) ?? -1) > seq) {
      this.#readAnew(conversationId);
      return false;
    }
    for (const userId of userIds) {
      this.#held.get(conversationId)?.joined.add(userId);
      this.#held.get(conversationId)?.left.delete(userId);
    }
    return true;
  }

  #readAnew(id: number): void {
    const held = this.#held.get(id);
    if (held === undefined) this.#hold(id, this.#known.get(id) ?? 0, () => undefined);
    else held.stale = true;
  }

  left(conversationId: number, userId: number, removalSeq: number): void {
    this.#held.get(conversationId)?.left.add(userId);
    this.#held.get(conversationId)?.joined.delete(userId);
    this.#known.set(conversationId, Math.max(removalSeq, this.#known.get(conversationId) ?? removalSeq));
  }

  /** Something may have been missed: every room is read anew before the next event goes into it. */
  forget(): void {
    if (this.#known.size > 0) this.#known.clear();
    this.#otherwise = -1;
  }

  #hold(id: number, needed: number, emit: () => void): void {
    const held: Held = { emits: [emit], needed, joined: new Set(), left: new Set(), stale: false };
    this.#held.set(id, held);
    void this.#settle(id, held);
  }

  async #settle(id: number, held: Held): Promise<void> {
    try {
      const { members, upTo, asked } = await this.#readSince(id, held);
      for (const userId of held.joined) members.add(userId);
      for (const userId of held.left) members.delete(userId);
      this.#rooms.settleRoom(id, members);
      this.#held.delete(id);
      this.#known.set(id, Math.max(upTo, this.#known.get(id) ?? 0));
      this.#emit(held.emits, asked);
    } catch (error) {
      // not delivered: clients notice the hole by its number and sync; the next event tries again
      this.#held.delete(id);
      this.#failed(error);
    }
  }

  /** Whoever stood still between looking at the members and the end of emitting may have emitted to one who is none any more. */
  #emit(emits: readonly (() => void)[], lookedAt: number): void {
    for (const emit of emits) emit();
    if (Date.now() - lookedAt >= this.#goodForMs) this.#rooms.takeBack();
  }

  /**
   * Events that came while the members were read may be younger than what was read, and who stood still meanwhile may
   * have read them long ago: then they are read again.
   */
  async #readSince(id: number, held: Held): Promise<{ members: Set<number>; upTo: number; asked: number }> {
    for (;;) {
      const [upTo, asked] = [held.needed, Date.now()];
      held.stale = false;
      const members = new Set(await this.#readMembers(id));
      if (held.needed === upTo && !held.stale && Date.now() - asked < this.#goodForMs) return { members, upTo, asked };
    }
  }
}
