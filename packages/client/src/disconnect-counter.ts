/** If the connection closes this soon after a message was sent, the message may be the reason. */
const SUSPECT_WITHIN_MS = 1_000;
/** A message is not sent again after this many consecutive disconnects. */
const MAX_DISCONNECTS = 2;
/** The same, counting also disconnects after which the server was unreachable: the message may crash it. */
const MAX_STOPS = 10;

/**
 * Counts how often the connection was closed while a message was being sent. If the server was unreachable afterwards,
 * it had stopped; a proxy that closes a connection because of a message accepts the next one at once.
 */
export class DisconnectCounter {
  readonly #counts = new Map<string, { disconnects: number; total: number }>();

  /** Whether the connection was closed when the message was last sent: then it is sent alone. */
  isSuspect(clientMessageId: string): boolean {
    return this.#counts.has(clientMessageId);
  }

  /**
   * The connection was closed before the answer arrived.
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

  /** No connection could be opened after the last disconnect. */
  serverWasAway(): void {
    for (const count of this.#counts.values()) count.disconnects = 0;
  }

  clear(clientMessageId: string): void {
    this.#counts.delete(clientMessageId);
  }
}
