/** The connection may have been closed because of a message that was sent so shortly before. */
const SUSPECT_WITHIN_MS = 1_000;
/** A message during which the connection was closed so often in succession is not sent again. */
const MAX_DISCONNECTS = 2;
/** The same where the server was away afterwards: the message may be what stops it. */
const MAX_STOPS = 10;

/**
 * Counts how often the connection was closed while a message was being sent. Where the server was away afterwards it had
 * stopped: what cuts a connection for a message lets the next one in at once.
 */
export class DisconnectCounter {
  readonly #counts = new Map<string, { disconnects: number; total: number }>();

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
    const count = this.#counts.get(clientMessageId) ?? { disconnects: 0, total: 0 };
    count.disconnects += 1;
    count.total += 1;
    this.#counts.set(clientMessageId, count);
    return count.disconnects >= MAX_DISCONNECTS || count.total >= MAX_STOPS;
  }

  /** No connection could be made after the last one was closed. */
  serverWasAway(): void {
    for (const count of this.#counts.values()) count.disconnects = 0;
  }

  clear(clientMessageId: string): void {
    this.#counts.delete(clientMessageId);
  }
}
