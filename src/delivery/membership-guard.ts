import { cacheOf } from '../operation/cache.ts';
import type { Room } from './effects.ts';

/** Decides when an event may be emitted to the room of its conversation. */
export type Guard = {
  /** Emits at once, or when the members have been read; the order of events is kept. */
  pass(room: Room, emit: () => void): void;
  /**
   * Users joined a conversation.
   * @param seq the number of the change by which they joined
   * @returns false if the room must not be joined by this: the guard reads the members instead
   */
  joined(conversationId: number, userIds: readonly number[], seq: number): boolean;
  left(conversationId: number, userId: number, removalSeq: number): void;
  /** Forgets the removals that are known: before the next event to a room, its members are read again. */
  forget(): void;
};

/** The rooms of this node. */
export type GuardedRooms = {
  hasRoom(conversationId: number): boolean;
  /** Makes the sockets of these users, and no others, join the conversation's room. */
  setMembers(conversationId: number, members: ReadonlySet<number>): void;
  /** Discards frames that were just emitted if they are not written before this moment of the monotonic clock. */
  writeBy(moment: number): void;
};

/** How far this node knows of the removals that other nodes carry out. Moments are of the monotonic clock. */
export type Knowledge = {
  /** False while this node may be behind the others: then a removal may have been acknowledged that it does not know of. */
  readonly isCurrent: boolean;
  /** Until when events may be written by what this node knows of removals. */
  readonly validUntil: number;
  /** How old members that were read may be when an event is written to them. */
  readonly validForMs: number;
};

export type ReadMembers = (conversationId: number) => Promise<readonly number[]>;

const MAX_CONVERSATIONS = 100_000;

/** A conversation whose members are being read. */
type Held = {
  emits: (() => void)[];
  requiredSeq: number;
  joined: Set<number>;
  left: Set<number>;
  /** Members changed in a way that the read in progress may not include. */
  stale: boolean;
};

/**
 * The guard of a node among several. It emits an event to a room only when this node knows of every removal that preceded
 * the event. Removals are published to all nodes, but a message can be lost, or be overtaken by the event. So an event
 * carries the number of the conversation's newest removal, and a node that knows only an older one reads the members before
 * it emits. A removed user receives nothing, whatever happens between the nodes.
 */
export class MembershipGuard implements Guard {
  readonly #readMembers: ReadMembers;
  readonly #rooms: GuardedRooms;
  readonly #knowledge: Knowledge;
  readonly #failed: (error: unknown) => void;
  /** The newest removal that this node has carried out, per conversation. */
  readonly #removals = cacheOf<number, number>(MAX_CONVERSATIONS);
  readonly #held = new Map<number, Held>();
  /** The newest removal of conversations without an entry: none (0), or unknown (-1). */
  #defaultRemoval = 0;

  /** @param failed called when the members could not be read */
  constructor(readMembers: ReadMembers, rooms: GuardedRooms, knowledge: Knowledge, failed: (error: unknown) => void) {
    this.#readMembers = readMembers;
    this.#rooms = rooms;
    this.#knowledge = knowledge;
    this.#failed = failed;
  }

  pass({ id, removalSeq }: Room, emit: () => void): void {
    if (!this.#knowledge.isCurrent) this.forget();
    const held = this.#held.get(id);
    if (held !== undefined) {
      held.emits.push(emit);
      held.requiredSeq = Math.max(held.requiredSeq, removalSeq);
    } else if ((this.#removals.get(id) ?? this.#defaultRemoval) >= removalSeq)
      this.#emit([emit], this.#knowledge.validUntil);
    else if (this.#rooms.hasRoom(id) || this.#defaultRemoval < 0) this.#hold(id, removalSeq, emit);
    // otherwise no socket is in the room, and one that joins it reads the members first
  }

  joined(conversationId: number, userIds: readonly number[], seq: number): boolean {
    if ((this.#removals.get(conversationId) ?? -1) > seq) {
      this.#readAgain(conversationId); // the newer removal may have been of one of these users
      return false;
    }
    for (const userId of userIds) {
      this.#held.get(conversationId)?.joined.add(userId);
      this.#held.get(conversationId)?.left.delete(userId);
    }
    return true;
  }

  left(conversationId: number, userId: number, removalSeq: number): void {
    this.#held.get(conversationId)?.left.add(userId);
    this.#held.get(conversationId)?.joined.delete(userId);
    this.#removals.set(conversationId, Math.max(removalSeq, this.#removals.get(conversationId) ?? removalSeq));
  }

  forget(): void {
    if (this.#removals.size > 0) this.#removals.clear();
    this.#defaultRemoval = -1;
  }

  #readAgain(id: number): void {
    const held = this.#held.get(id);
    if (held === undefined) this.#hold(id, this.#removals.get(id) ?? 0, () => undefined);
    else held.stale = true;
  }

  #hold(id: number, requiredSeq: number, emit: () => void): void {
    const held: Held = { emits: [emit], requiredSeq, joined: new Set(), left: new Set(), stale: false };
    this.#held.set(id, held);
    void this.#release(id, held);
  }

  /** Reads the members, corrects the room, and emits what was held. */
  async #release(id: number, held: Held): Promise<void> {
    try {
      const { members, seq, readAt } = await this.#read(id, held);
      for (const userId of held.joined) members.add(userId);
      for (const userId of held.left) members.delete(userId);
      this.#rooms.setMembers(id, members);
      this.#held.delete(id);
      this.#removals.set(id, Math.max(seq, this.#removals.get(id) ?? 0));
      this.#emit(held.emits, readAt + this.#knowledge.validForMs);
    } catch (error) {
      // not delivered: clients notice the gap in the numbers and sync; the next event tries again
      this.#held.delete(id);
      this.#failed(error);
    }
  }

  /** If the process is paused before the events are written, one of the members may have been removed meanwhile. */
  #emit(emits: readonly (() => void)[], writeBy: number): void {
    for (const emit of emits) emit();
    this.#rooms.writeBy(writeBy);
  }

  /** Reads until the result includes the removals that all held events require, and is not too old (as after a pause). */
  async #read(id: number, held: Held): Promise<{ members: Set<number>; seq: number; readAt: number }> {
    for (;;) {
      const [seq, readAt] = [held.requiredSeq, performance.now()];
      held.stale = false;
      const members = new Set(await this.#readMembers(id));
      if (held.requiredSeq === seq && !held.stale && performance.now() - readAt < this.#knowledge.validForMs)
        return { members, seq, readAt };
    }
  }
}
