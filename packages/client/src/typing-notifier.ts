const REPEAT_MS = 3_000;
const LIFETIME_MS = 6_000;

/** Announces that this user is typing, just often enough that it does not expire. */
export class TypingNotifier {
  readonly #send: (conversationId: number, isTyping: boolean) => void;
  readonly #sentAt = new Map<number, number>();

  constructor(send: (conversationId: number, isTyping: boolean) => void) {
    this.#send = send;
  }

  set(conversationId: number, isTyping: boolean): void {
    const age = performance.now() - (this.#sentAt.get(conversationId) ?? Number.NEGATIVE_INFINITY);
    if (isTyping ? age < REPEAT_MS : age > LIFETIME_MS) return;
    if (isTyping) this.#sentAt.set(conversationId, performance.now());
    else this.#sentAt.delete(conversationId);
    this.#send(conversationId, isTyping);
  }
}
