const TELL_EVERY_MS = 3_000;
const LASTS_MS = 6_000;

/** Tells the others that this user is typing: often enough to last, and no oftener. */
export class OwnTyping {
  readonly #tell: (conversationId: number, isTyping: boolean) => void;
  readonly #toldAt = new Map<number, number>();

  constructor(tell: (conversationId: number, isTyping: boolean) => void) {
    this.#tell = tell;
  }

  set(conversationId: number, isTyping: boolean): void {
    const age = performance.now() - (this.#toldAt.get(conversationId) ?? Number.NEGATIVE_INFINITY);
    if (isTyping ? age < TELL_EVERY_MS : age > LASTS_MS) return;
    if (isTyping) this.#toldAt.set(conversationId, performance.now());
    else this.#toldAt.delete(conversationId);
    this.#tell(conversationId, isTyping);
  }
}
