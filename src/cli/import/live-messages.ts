import type { SeqRange } from '../../messages/seq-ranges.ts';

/** The messages of one conversation that are not deleted, to count unread ones among them. */
export class LiveMessages {
  /** How many there are up to each `seq`. */
  readonly #upTo = [0];
  readonly #own = new Map<number, number[]>();

  /** Adds the message with the next `seq`. */
  add(senderId: number, isLive: boolean): void {
    const seq = this.#upTo.length;
    this.#upTo.push(this.#count(seq - 1) + (isLive ? 1 : 0));
    if (!isLive) return;
    const own = this.#own.get(senderId);
    if (own === undefined) this.#own.set(senderId, [seq]);
    else own.push(seq);
  }

  /** The messages of others that are in none of the ranges. @param read ranges that do not overlap, in order */
  unreadOf(userId: number, read: readonly SeqRange[]): number {
    const covered = read.map(({ from, to }) => this.#count(to) - this.#count(from - 1));
    const own = this.#own.get(userId) ?? [];
    let range = 0;
    const outside = own.filter((seq) => {
      while (range < read.length && (read[range] as SeqRange).to < seq) range += 1;
      return range === read.length || (read[range] as SeqRange).from > seq;
    });
    return covered.reduce((left, count) => left - count, this.#count(this.#upTo.length - 1)) - outside.length;
  }

  #count(seq: number): number {
    return this.#upTo[Math.max(0, seq)] ?? 0;
  }
}
