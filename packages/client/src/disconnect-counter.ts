/** The connection may have been closed because of a message that was sent so shortly before. */
const SUSPECT_WITHIN_MS = 1_000;
/** A message during which the connection was closed so often is not sent again. */
const MAX_DISCONNECTS = 2;

/** Counts how often in succession the connection was closed while a message was being sent. */
export class DisconnectCounter {
  readonly #counts = new Map<string, number>();

  /** Whether the connection was closed the last time that the message was sent: it is then sent alone. */
  isSuspect(clientMessageId: string): boolean {
    return this.#counts.has(clientMessageId);
  }

  /**
   * The connection was closed before there was an answer.
   * @param elapsedMs since the message was sent
   * @returns whether the message must not be sent again
   */
  add(clientMessageId: string, elapsedMs: number): boolean {
    if (elapsedMs > SUSPECT_WITHIN_MS) {
      this.clear(clientMessageId);
      return false;
    }
    const count = (this.#counts.get(clientMessageId) ?? 0) + 1;
    this.#counts.set(clientMessageId, count);
    return count >= MAX_DISCONNECTS;
  }

  clear(clientMessageId: string): void {
    this.#counts.delete(clientMessageId);
  }
}
