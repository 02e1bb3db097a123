const EVERY_MS = 250;

type Options = {
  /** Publishes a number to this node; resolves with whether Redis accepted it. */
  send(number: number): Promise<boolean>;
  /** Messages flow again after some may have been missed. */
  recovered(): void;
  /** Redis accepts what this node publishes, and yet nothing is received. */
  silent(): void;
  /** After so long without a probe received, something is wrong. */
  readonly silentForMs: number;
};

/**
 * Checks whether this node receives what is published, by publishing to itself: the only check that works alike for every
 * kind of Redis. After an interruption nothing counts until a probe is received that was sent later.
 */
export class PubSubProbe {
  readonly #options: Options;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #received = 0;
  /** When a probe was last received, and since when silence counts: by the monotonic clock. */
  #receivedAt = performance.now();
  #silentSince = performance.now();
  #accepted = 0;
  /** The probe that ends the interruption. */
  #awaited: number | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    this.#receivedAt = performance.now();
    this.#silentSince = this.#receivedAt;
    this.#timer = setInterval(() => this.send(), EVERY_MS).unref();
  }

  get isHealthy(): boolean {
    return this.#awaited === undefined;
  }

  get receivedAt(): number {
    return this.#receivedAt;
  }

  interrupted(): void {
    this.#awaited = this.#sent + 1;
  }

  send(): void {
    this.#sent += 1;
    const number = this.#sent;
    void this.#options.send(number).then((accepted) => {
      if (accepted) this.#accepted = number;
    });
    if (performance.now() - this.#silentSince < this.#options.silentForMs) return;
    this.#awaited ??= number;
    if (this.#accepted <= this.#received) return;
    this.#silentSince = performance.now(); // wait as long again
    this.#options.silent();
  }

  received(number: number): void {
    this.#receivedAt = performance.now();
    this.#silentSince = this.#receivedAt;
    if (number > this.#received + 1) this.#awaited ??= number; // those between were lost, and perhaps other messages
    this.#received = Math.max(this.#received, number);
    if (this.#awaited === undefined || number < this.#awaited) return;
    this.#awaited = undefined;
    this.#options.recovered();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
