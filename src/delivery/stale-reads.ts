import { ChatError } from '../operation/errors.ts';

/** After this many reads, each overtaken by another removal, the call is refused with `busy`. */
const MAX_READS = 10;
/** After this many, an answer about several conversations is given without those that the user was removed from. */
const MAX_READS_OF_SEVERAL = 3;
const RETRY_SEC = 1;

/** Which conversations an answer contains. */
export type ReadConversations<Answer> = {
  conversations(answer: Answer): Iterable<number>;
  /** The answer without some of them, if it can contain several. */
  omit?(answer: Answer, removedFrom: ReadonlySet<number>): Answer;
};

/**
 * Prevents a stale read: an answer must not contain what was read before its user was removed from a conversation if it is
 * sent after that. A read takes several rounds of the event loop, and a removal may be carried out in each of them; then it
 * is repeated, if the answer contains that conversation.
 */
export class StaleReads {
  /** Per user, for each read in progress: the conversations that the user has been removed from since it began. */
  readonly #reads = new Map<number, Set<Set<number>>>();

  /** To be called when a removal is carried out on this node. */
  removed(userId: number, conversationId: number): void {
    for (const removedFrom of this.#reads.get(userId) ?? []) removedFrom.add(conversationId);
  }

  /**
   * Reads for a user, and again if the user was removed meanwhile from a conversation that the answer contains. In the end
   * an answer about several conversations is given without those, so that removals cannot block a user's other
   * conversations.
   * @param read may be repeated
   * @throws ChatError `busy` after too many reads
   */
  readonly rereadIfRemoved = async <T>(
    userId: number,
    read: () => Promise<T>,
    { conversations, omit }: ReadConversations<T>,
  ): Promise<T> => {
    for (let count = 1; count <= MAX_READS; count += 1) {
      const removedFrom = new Set<number>();
      this.#began(userId, removedFrom);
      try {
        const answer = await read();
        if (removedFrom.size === 0 || removedFrom.isDisjointFrom(new Set(conversations(answer)))) return answer;
        if (omit !== undefined && count >= MAX_READS_OF_SEVERAL) return omit(answer, removedFrom);
      } finally {
        this.#ended(userId, removedFrom);
      }
    }
    throw new ChatError('busy', { retryAfter: RETRY_SEC });
  };

  #began(userId: number, read: Set<number>): void {
    const others = this.#reads.get(userId) ?? new Set();
    this.#reads.set(userId, others.add(read));
  }

  #ended(userId: number, read: Set<number>): void {
    const others = this.#reads.get(userId);
    others?.delete(read);
    if (others?.size === 0) this.#reads.delete(userId);
  }
}
