import type { Answer, ServerEvent } from '../support/clients.ts';

export type Shown = { id: number; seq: number; changed: number; content: string; deleted: boolean };

/** What a client shows of one conversation, put together from live events in the order of `seq` and from `sync`. */
export class View {
  seq = 0;
  readonly messages = new Map<number, Shown>();
  /** Everything from this number on is shown; above 1 after a gap that was too large to replay. */
  from = 1;
  readonly #waiting = new Map<number, ServerEvent>();

  /** Whether there are events that cannot be shown, because an earlier one is missing. */
  get hasGap(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes a live event, or the acknowledgement of an own change. */
  take(event: ServerEvent): void {
    if (event.seq > this.seq) this.#waiting.set(event.seq, event);
    this.#showWaiting();
  }

  /** Takes what `sync` returned for this conversation. */
  catchUp({ seq, reset, messages }: Answer): void {
    if (reset) {
      this.messages.clear();
      this.from = Math.min(...messages.map((row: Shown) => row.seq));
    }
    for (const { id, seq: place, changed_seq: changed, content, deleted } of messages)
      this.#show({ id, seq: place, changed, content, deleted });
    this.seq = Math.max(this.seq, seq);
    for (const old of [...this.#waiting.keys()]) if (old <= this.seq) this.#waiting.delete(old);
    this.#showWaiting();
  }

  #showWaiting(): void {
    for (let next = this.#waiting.get(this.seq + 1); next !== undefined; next = this.#waiting.get(this.seq + 1)) {
      this.#waiting.delete(next.seq);
      this.seq = next.seq;
      this.#apply(next);
    }
  }

  #apply({ type, message_id: id, seq, content }: ServerEvent): void {
    const known = this.messages.get(id);
    if (type === 'message' || type === 'system_message') this.#show({ id, seq, changed: seq, content, deleted: false });
    else if (known !== undefined && type === 'edited_message') this.#show({ ...known, changed: seq, content });
    else if (known !== undefined) this.#show({ ...known, changed: seq, content: '', deleted: true });
  }

  #show(message: Shown): void {
    if (message.changed >= (this.messages.get(message.id)?.changed ?? 0)) this.messages.set(message.id, message);
  }
}
