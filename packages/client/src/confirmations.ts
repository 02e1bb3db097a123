const GATHER_MS = 400;

/** Confirms what has been received: for each conversation the highest number, once in a while. */
export class Confirmations {
  readonly #confirm: (conversationId: number, seq: number) => Promise<unknown>;
  readonly #due = new Map<number, number>();
  readonly #confirmed = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(confirm: (conversationId: number, seq: number) => Promise<unknown>) {
    this.#confirm = confirm;
  }

  received(conversationId: number, seq: number): void {
    if (seq <= (this.#confirmed.get(conversationId) ?? 0)) return;
    this.#due.set(conversationId, seq);
    this.#timer ??= setTimeout(() => void this.#send(), GATHER_MS);
  }

  /** What was not confirmed yet, the next `sync` confirms. */
  offline(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#confirmed.clear();
  }

  async #send(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    for (const [conversationId, seq] of due) {
      this.#confirmed.set(conversationId, seq);
      // refused for who is no longer in it; lost with the line: see above
      await this.#confirm(conversationId, seq).catch(() => this.#confirmed.delete(conversationId));
    }
    this.#timer = this.#due.size > 0 ? setTimeout(() => void this.#send(), GATHER_MS) : undefined;
  }
}
