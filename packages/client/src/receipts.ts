import { higher, type KeptMessage, type Status } from './kept-message.ts';
import type { CaughtUp, Span } from './protocol.ts';

const covers = (spans: readonly Span[], seq: number) => spans.some(([from, to]) => from <= seq && seq <= to);

/** How far a conversation is read and confirmed: by oneself, and by all others. */
export class Receipts {
  #mine: readonly Span[] = [];
  #others: readonly Span[] = [];
  #deliveredSeq = 0;

  /** As `sync` tells it. */
  take({ read, others_read, others_delivered_seq }: CaughtUp): void {
    this.#mine = read;
    this.#others = others_read;
    this.#deliveredSeq = Math.max(this.#deliveredSeq, others_delivered_seq);
  }

  /** All others have confirmed everything up to `seq`. */
  delivered(seq: number): void {
    this.#deliveredSeq = Math.max(this.#deliveredSeq, seq);
  }

  statusOf(message: KeptMessage, userId: number | undefined): Status {
    if (message.senderId !== userId) return covers(this.#mine, message.seq) ? 'read' : message.status;
    if (covers(this.#others, message.seq)) return 'read';
    return higher(message.status, message.seq <= this.#deliveredSeq ? 'delivered' : 'sent');
  }
}
