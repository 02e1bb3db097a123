import { higher, type KeptMessage, type Status } from './kept-message.ts';
import type { CaughtUp, Span } from './protocol.ts';

const covers = (spans: readonly Span[], seq: number) => spans.some(([from, to]) => from <= seq && seq <= to);

/** How far a conversation is read and confirmed: by oneself, and by all others. Neither is ever undone. */
export class Receipts {
  #mine: readonly Span[] = [];
  #othersRead: readonly Span[] = [];
  #othersDelivered: readonly Span[] = [];
  #deliveredSeq = 0;

  /** As `sync` tells it, which is of the newest numbers alone: what it told before stays true, but for a reset. */
  take({ read, others_read, others_delivered, reset }: CaughtUp): void {
    const kept = (spans: readonly Span[]) => (reset ? [] : spans);
    this.#mine = joined([...kept(this.#mine), ...read]);
    this.#othersRead = joined([...kept(this.#othersRead), ...others_read]);
    this.#othersDelivered = joined([...kept(this.#othersDelivered), ...others_delivered]);
    if (reset) this.#deliveredSeq = 0;
  }

  /** All others have confirmed everything up to `seq`. */
  delivered(seq: number): void {
    this.#deliveredSeq = Math.max(this.#deliveredSeq, seq);
  }

  statusOf(message: KeptMessage, userId: number | undefined): Status {
    if (message.senderId !== userId) return covers(this.#mine, message.seq) ? 'read' : message.status;
    if (covers(this.#othersRead, message.seq)) return 'read';
    const isDelivered = message.seq <= this.#deliveredSeq || covers(this.#othersDelivered, message.seq);
    return higher(message.status, isDelivered ? 'delivered' : 'sent');
  }
}

/** Spans that overlap or touch as one. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}
