import { Backoff } from './backoff.ts';
import { patiently } from './patiently.ts';

const GATHER_MS = 400;

/** Confirms what has been received: for each conversation the highest number, once in a while. */
export class Confirmations {
  readonly #confirm: (conversationId: number, seq: number) => Promise<unknown>;
  readonly #due = new Map<number, number>();
  readonly #confirmed = new Map<number, number>();
  readonly #backoff: Backoff;
  /** Counts the connections that were lost. */
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(confirm: (conversationId: number, seq: number) => Promise<unknown>, random: () => number) {
    this.#confirm = confirm;
    this.#backoff = new Backoff(random);
  }

  received(conversationId: number, seq: number): void {
    if (seq <= (this.#confirmed.get(conversationId) ?? 0)) return;
    this.#due.set(conversationId, seq);
    this.#timer ??= setTimeout(() => void this.#send(), GATHER_MS);
  }

  /** What was not confirmed yet, the next `sync` confirms. */
  offline(): void {
    this.#lost += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#confirmed.clear();
  }

  async #send(): Promise<void> {
    const lost = this.#lost;
    const isSame = () => this.#lost === lost;
    const due = [...this.#due];
    this.#due.clear();
    for (const [conversationId, seq] of due) {
      this.#confirmed.set(conversationId, seq);
      // refused for who is no longer in it; lost with the line: see above
      const confirm = () => this.#confirm(conversationId, seq);
      await patiently(confirm, this.#backoff, isSame).catch(() => this.#confirmed.delete(conversationId));
      if (!isSame()) return;
    }
    this.#timer = this.#due.size > 0 ? setTimeout(() => void this.#send(), GATHER_MS) : undefined;
  }
}
