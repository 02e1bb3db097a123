import { ChatError } from './errors.ts';

/** Somebody who is removed again and again from what they ask for is asked to come back. */
const MOST_READINGS = 10;
/** So often it is read again for one who can also be given the rest. */
const MOST_READINGS_OF_MANY = 3;
const RETRY_SEC = 1;

/** What an answer tells of conversations. */
export type Told<Answer> = {
  /** Those that it tells of. */
  conversations(answer: Answer): Iterable<number>;
  /** The answer without some of them, where it is one about many. */
  without?(answer: Answer, left: ReadonlySet<number>): Answer;
};

/**
 * What was read for somebody before they were removed from a conversation must not be told to them after it. Reading takes
 * several turns of the event loop, in each of which a removal may be carried out; so it is repeated then, if it tells of
 * that conversation.
 */
export class Removals {
  /** By user, for each reading under way: the conversations that they have been removed from since it began. */
  readonly #readings = new Map<number, Set<Set<number>>>();

  /** To be called when a removal is carried out on this node. */
  left(userId: number, conversationId: number): void {
    for (const left of this.#readings.get(userId) ?? []) left.add(conversationId);
  }

  /**
   * Reads for a user, again if they were removed meanwhile from a conversation that the answer tells of. An answer about
   * many is given without those in the end, so that nobody's removals keep a user from all the others.
   * @param read changes nothing that could not be done twice
   * @throws ChatError `busy` when that never ends
   */
  readonly reading = async <T>(userId: number, read: () => Promise<T>, told: Told<T>): Promise<T> => {
    for (let count = 1; count <= MOST_READINGS; count += 1) {
      const left = new Set<number>();
      this.#began(userId, left);
      try {
        const answer = await read();
        if (left.size === 0 || left.isDisjointFrom(new Set(told.conversations(answer)))) return answer;
        if (told.without !== undefined && count >= MOST_READINGS_OF_MANY) return told.without(answer, left);
      } finally {
        this.#ended(userId, left);
      }
    }
    throw new ChatError('busy', { retryAfter: RETRY_SEC });
  };

  #began(userId: number, reading: Set<number>): void {
    const others = this.#readings.get(userId) ?? new Set();
    this.#readings.set(userId, others.add(reading));
  }

  #ended(userId: number, reading: Set<number>): void {
    const others = this.#readings.get(userId);
    others?.delete(reading);
    if (others?.size === 0) this.#readings.delete(userId);
  }
}
