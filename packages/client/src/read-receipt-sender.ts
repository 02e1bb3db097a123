import { ChatClientError, isTransient } from './chat-client-error.ts';

const BATCH_DELAY_MS = 250;
const RETRY_MS = 2_000;
const MAX_IDS = 1_000;

/** Sends read receipts in batches, and repeats them until the server has accepted them. */
export class ReadReceiptSender {
  readonly #send: (messageIds: number[]) => Promise<unknown>;
  readonly #onSent: (conversationId: number, messageIds: readonly number[]) => void;
  readonly #due = new Map<number, Set<number>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  /** Nothing is sent before this time, by `performance.now()`. */
  #pausedUntil = 0;

  constructor(
    send: (messageIds: number[]) => Promise<unknown>,
    onSent: (conversationId: number, messageIds: readonly number[]) => void,
  ) {
    this.#send = send;
    this.#onSent = onSent;
  }

  add(conversationId: number, messageIds: readonly number[]): void {
    if (messageIds.length === 0) return;
    const due = this.#due.get(conversationId) ?? new Set();
    for (const id of messageIds) due.add(id);
    this.#due.set(conversationId, due);
    this.#schedule(BATCH_DELAY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#pausedUntil = 0;
  }

  #schedule(afterMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#sendDue();
    }, afterMs);
  }

  async #sendDue(): Promise<void> {
    if (this.#isSending) return;
    const pauseMs = this.#pausedUntil - performance.now();
    if (pauseMs > 0) return this.#schedule(pauseMs);
    this.#isSending = true;
    // one request per conversation: the server refuses a request as a whole if one message in it is not accessible
    for (const [conversationId, all] of this.#due) {
      const ids = [...all].slice(0, MAX_IDS);
      const answered = await this.#attempt(conversationId, ids);
      if (!answered) break;
      for (const id of ids) all.delete(id);
      if (all.size === 0) this.#due.delete(conversationId);
    }
    this.#isSending = false;
    if (this.#due.size > 0) this.#schedule(RETRY_MS);
  }

  /** @returns false if it should be retried after a pause */
  async #attempt(conversationId: number, ids: number[]): Promise<boolean> {
    try {
      await this.#send(ids);
      this.#onSent(conversationId, ids);
      return true;
    } catch (error) {
      if (!(error instanceof ChatClientError) || !isTransient(error)) return true; // refused: no longer a participant
      this.#pausedUntil = performance.now() + Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000);
      return false;
    }
  }
}
