import { Backoff } from './backoff.ts';
import { retryRateLimited } from './retry-rate-limited.ts';

const BATCH_DELAY_MS = 400;

/** Confirms received messages: periodically, the highest `seq` of each conversation. */
export class DeliveryReceiptSender {
  readonly #confirm: (conversationId: number, seq: number) => Promise<unknown>;
  readonly #due = new Map<number, number>();
  readonly #confirmed = new Map<number, number>();
  readonly #backoff: Backoff;
  /** How many connections have been lost. */
  #disconnects = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(confirm: (conversationId: number, seq: number) => Promise<unknown>, random: () => number) {
    this.#confirm = confirm;
    this.#backoff = new Backoff(random);
  }

  received(conversationId: number, seq: number): void {
    if (seq <= (this.#confirmed.get(conversationId) ?? 0)) return;
    this.#due.set(conversationId, seq);
    this.#timer ??= setTimeout(() => void this.#send(), BATCH_DELAY_MS);
  }

  /** The next `sync` confirms what was not confirmed yet. */
  offline(): void {
    this.#disconnects += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#confirmed.clear();
  }

  async #send(): Promise<void> {
    const disconnects = this.#disconnects;
    const isConnected = () => this.#disconnects === disconnects;
    const due = [...this.#due];
    this.#due.clear();
    for (const [conversationId, seq] of due) {
      this.#confirmed.set(conversationId, seq);
      // refused if this user is no longer a participant; if the connection was lost, the next `sync` confirms it
      const confirm = () => this.#confirm(conversationId, seq);
      await retryRateLimited(confirm, this.#backoff, isConnected).catch(() => this.#confirmed.delete(conversationId));
      if (!isConnected()) return;
    }
    this.#timer = this.#due.size > 0 ? setTimeout(() => void this.#send(), BATCH_DELAY_MS) : undefined;
  }
}
