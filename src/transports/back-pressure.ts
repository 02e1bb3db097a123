/** With more changes waiting than this, whoever asks for another is not read from until few wait. */
const MANY_QUEUED = 2_000;
const FEW_QUEUED = 500;
const LOOK_EVERY_MS = 5;

/** A WebSocket, as far as reading from it goes. */
type Reading = { pause(): void; resume(): void };

/**
 * Stops reading from those who ask for changes faster than these can be committed, so that what they send waits where it
 * is: in their own buffers. Reading it all, only to refuse most of it, would take the time that committing needs. A pause
 * is as long as a few batches, far shorter than any heartbeat; what had been read before it is still accepted or refused.
 */
export class BackPressure {
  readonly #changes: { readonly queued: number };
  readonly #held = new Set<Reading>();
  #looking: NodeJS.Timeout | undefined;

  constructor(changes: { readonly queued: number }) {
    this.#changes = changes;
  }

  /** To be called when somebody has asked for something. */
  heed(socket: Reading | undefined): void {
    if (socket === undefined || this.#changes.queued < MANY_QUEUED || this.#held.has(socket)) return;
    socket.pause();
    this.#held.add(socket);
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    if (this.#changes.queued > FEW_QUEUED) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
    for (const socket of this.#held) socket.resume();
    this.#held.clear();
  }
}
