import type { ChatSocket } from '../chat-server.ts';
import { cutFlooder } from '../delivery.ts';
import type { ErrorAnswer } from '../protocol.ts';

/** So many `rate_limited` answers, and the connection is not read from for a while; as many again, and it is closed. */
const MOST_REFUSALS = 100;
/** Far shorter than any heartbeat, whose answers are not read either. */
const LONGEST_PAUSE_SEC = 10;
/** A client that is refused nothing for so long begins anew. */
const FORGIVEN_AFTER_MS = 30_000;

/** What is below a socket, as far as reading from it goes; long polling has nothing that can be paused. */
type Reading = { pause(): void; resume(): void };
type Flood = {
  refusals: number;
  lastRefusalAt: number;
  wasPaused: boolean;
  /** What had been read before the pause took effect, while it lasts. */
  waiting?: (() => void)[] | undefined;
};

/**
 * Stops a client that goes on asking however often it is told `rate_limited`: reading and refusing everything it sends
 * would take the time that others need. What was read is kept and answered in its order when the pause ends. It costs
 * nothing until a first refusal.
 */
export class FloodGuard {
  readonly #socket: ChatSocket;
  readonly #readingOf: (socket: ChatSocket) => Reading | undefined;
  #flood: Flood | undefined;

  constructor(socket: ChatSocket, readingOf: (socket: ChatSocket) => Reading | undefined) {
    this.#socket = socket;
    this.#readingOf = readingOf;
  }

  /** Whether something that is asked for now has to be postponed. */
  get isPaused(): boolean {
    return this.#flood?.waiting !== undefined;
  }

  /** Has something asked `again` when the pause is over. */
  postpone(again: () => void): void {
    const waiting = this.#flood?.waiting ?? [];
    const reading = this.#readingOf(this.#socket);
    reading?.pause(); // it may have been resumed by others
    waiting.push(again);
    if (reading === undefined && waiting.length > MOST_REFUSALS) cutFlooder(this.#socket);
  }

  /** To be called with every answer that is an error. */
  refused({ code, retry_after: retryAfterSec = 1 }: ErrorAnswer): void {
    if (code === 'rate_limited') this.#refused(retryAfterSec);
  }

  #refused(retryAfterSec: number): void {
    const flood = this.#current();
    if (flood.waiting !== undefined) return; // it was asked for before the pause
    flood.refusals += 1;
    if (flood.refusals < MOST_REFUSALS) return;
    if (flood.wasPaused) return cutFlooder(this.#socket);
    Object.assign(flood, { refusals: 0, wasPaused: true, waiting: [] });
    this.#readingOf(this.#socket)?.pause();
    setTimeout(() => this.#resume(flood), Math.min(retryAfterSec, LONGEST_PAUSE_SEC) * 1_000).unref();
  }

  #current(): Flood {
    const now = Date.now();
    if (this.#flood === undefined || now - this.#flood.lastRefusalAt > FORGIVEN_AFTER_MS)
      this.#flood = { refusals: 0, lastRefusalAt: now, wasPaused: false };
    this.#flood.lastRefusalAt = now;
    return this.#flood;
  }

  #resume(flood: Flood): void {
    const waiting = flood.waiting ?? [];
    flood.waiting = undefined;
    this.#readingOf(this.#socket)?.resume();
    for (const again of waiting) again();
  }
}
