import { disconnectFlooder } from '../delivery/close-socket.ts';
import type { ChatSocket } from '../delivery/socket-types.ts';
import type { ErrorAnswer } from '../protocol.ts';

/** After this many `rate_limited` answers the server stops reading the connection for a while; after as many again it closes it. */
const MOST_REFUSALS = 100;
/** Far shorter than any heartbeat, whose answers are not read either. */
const LONGEST_PAUSE_SEC = 10;
/** The counts start again after this time without a refusal. */
const FORGIVEN_AFTER_MS = 30_000;

/** The part of a connection that can be paused; long polling has none. */
type Reading = { pause(): void; resume(): void };
type Flood = {
  refusals: number;
  lastRefusalAt: number;
  wasPaused: boolean;
  /** Calls that were read before the pause took effect, while it lasts. */
  waiting?: (() => void)[] | undefined;
};

/**
 * Stops a client that continues after many `rate_limited` answers: reading and refusing everything it sends
 * would take time from other clients. Calls that were read are kept and answered in order when the pause ends. It costs
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

  /** Whether calls that arrive now have to be postponed. */
  get isPaused(): boolean {
    return this.#flood?.waiting !== undefined;
  }

  /** Runs `again` when the pause is over. */
  postpone(again: () => void): void {
    const waiting = this.#flood?.waiting ?? [];
    const reading = this.#readingOf(this.#socket);
    reading?.pause(); // it may have been resumed by others
    waiting.push(again);
    if (reading === undefined && waiting.length > MOST_REFUSALS) disconnectFlooder(this.#socket);
  }

  /** To be called with every answer that is an error. */
  refused({ code, retry_after: retryAfterSec = 1 }: ErrorAnswer): void {
    if (code === 'rate_limited') this.#refused(retryAfterSec);
  }

  #refused(retryAfterSec: number): void {
    const flood = this.#current();
    if (flood.waiting !== undefined) return; // the call arrived before the pause
    flood.refusals += 1;
    if (flood.refusals < MOST_REFUSALS) return;
    if (flood.wasPaused) return disconnectFlooder(this.#socket);
    Object.assign(flood, { refusals: 0, wasPaused: true, waiting: [] });
    this.#readingOf(this.#socket)?.pause();
    setTimeout(() => this.#resume(flood), Math.min(retryAfterSec, LONGEST_PAUSE_SEC) * 1_000).unref();
  }

  #current(): Flood {
    const now = performance.now();
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
