import { ChatClientError, passes } from './chat-client-error.ts';

const GATHER_MS = 250;
const RETRY_MS = 2_000;
const MOST_AT_ONCE = 1_000;

/** Tells the server what has been read, some at a time, until it knows. */
export class Reading {
  readonly #tell: (messageIds: number[]) => Promise<unknown>;
  readonly #done: (conversationId: number, messageIds: readonly number[]) => void;
  readonly #due = new Map<number, Set<number>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #telling = false;
  /** Nothing is told before, by `performance.now()`. */
  #pausedUntil = 0;

  constructor(
    tell: (messageIds: number[]) => Promise<unknown>,
    done: (conversationId: number, messageIds: readonly number[]) => void,
  ) {
    this.#tell = tell;
    this.#done = done;
  }

  read(conversationId: number, messageIds: readonly number[]): void {
    if (messageIds.length === 0) return;
    const due = this.#due.get(conversationId) ?? new Set();
    for (const id of messageIds) due.add(id);
    this.#due.set(conversationId, due);
    this.#soon(GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#pausedUntil = 0;
  }

  #soon(afterMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#work();
    }, afterMs);
  }

  async #work(): Promise<void> {
    if (this.#telling) return;
    const pauseMs = this.#pausedUntil - performance.now();
    if (pauseMs > 0) return this.#soon(pauseMs);
    this.#telling = true;
    // a request for each: one foreign message in it, and the server marks none
    for (const [conversationId, all] of this.#due) {
      const ids = [...all].slice(0, MOST_AT_ONCE);
      const answered = await this.#attempt(conversationId, ids);
      if (!answered) break;
      for (const id of ids) all.delete(id);
      if (all.size === 0) this.#due.delete(conversationId);
    }
    this.#telling = false;
    if (this.#due.size > 0) this.#soon(RETRY_MS);
  }

  /** @returns false if it is worth another try, after a pause */
  async #attempt(conversationId: number, ids: number[]): Promise<boolean> {
    try {
      await this.#tell(ids);
      this.#done(conversationId, ids);
      return true;
    } catch (error) {
      if (!(error instanceof ChatClientError) || !passes(error)) return true; // refused: not in the conversation any more
      this.#pausedUntil = performance.now() + Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000);
      return false;
    }
  }
}
