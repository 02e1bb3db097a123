import type { Span, SyncedConversation } from './protocol.ts';
import { higherStatus, type Status, type StoredMessage } from './stored-message.ts';

const covers = (spans: readonly Span[], seq: number) => spans.some(([from, to]) => from <= seq && seq <= to);

/** How far a conversation is read and delivered, by this user and by all others. Neither ever decreases. */
export class Receipts {
  #mine: readonly Span[] = [];
  #othersRead: readonly Span[] = [];
  #othersDelivered: readonly Span[] = [];
  #deliveredSeq = 0;

  /**
   * Applies a `sync` result, which covers only the newest messages: earlier results stay valid unless it is a reset.
   */
  applySync({ read, others_read, others_delivered, reset }: SyncedConversation): void {
    const previous = (spans: readonly Span[]) => (reset ? [] : spans);
    this.#mine = merge([...previous(this.#mine), ...read]);
    this.#othersRead = merge([...previous(this.#othersRead), ...others_read]);
    this.#othersDelivered = merge([...previous(this.#othersDelivered), ...others_delivered]);
    if (reset) this.#deliveredSeq = 0;
  }

  /** All others have received everything up to `seq`. */
  deliveredUpTo(seq: number): void {
    this.#deliveredSeq = Math.max(this.#deliveredSeq, seq);
  }

  statusOf(message: StoredMessage, userId: number | undefined): Status {
    if (message.senderId !== userId) return covers(this.#mine, message.seq) ? 'read' : message.status;
    if (covers(this.#othersRead, message.seq)) return 'read';
    const isDelivered = message.seq <= this.#deliveredSeq || covers(this.#othersDelivered, message.seq);
    return higherStatus(message.status, isDelivered ? 'delivered' : 'sent');
  }
}

/** Merges overlapping and adjacent spans. */
function merge(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}
