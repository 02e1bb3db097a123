/** With more changes queued, sockets that submit another are not read from until few are queued. */
const MANY_QUEUED = 2_000;
const FEW_QUEUED = 500;
const CHECK_EVERY_MS = 5;

/** The part of a WebSocket that reads. */
type Reading = { pause(): void; resume(): void };

/**
 * Stops reading from clients that submit changes faster than they can be committed, so that calls wait in the clients' own
 * buffers. Reading all of them, only to refuse most, would take the time that committing needs. A pause lasts a few
 * batches, far shorter than any heartbeat; frames that were read before it are still accepted or refused.
 */
export class BackPressure {
  readonly #changes: { readonly queued: number };
  readonly #paused = new Set<Reading>();
  #timer: NodeJS.Timeout | undefined;

  constructor(changes: { readonly queued: number }) {
    this.#changes = changes;
  }

  /** To be called when a client has called an operation. */
  afterCall(socket: Reading | undefined): void {
    if (socket === undefined || this.#changes.queued < MANY_QUEUED || this.#paused.has(socket)) return;
    socket.pause();
    this.#paused.add(socket);
    this.#timer ??= setInterval(() => this.#check(), CHECK_EVERY_MS).unref();
  }

  #check(): void {
    if (this.#changes.queued > FEW_QUEUED) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const socket of this.#paused) socket.resume();
    this.#paused.clear();
  }
}
