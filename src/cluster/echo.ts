const EVERY_MS = 500;

type Ear = {
  /** Publishes a number to ourselves; resolves with whether Redis took it. */
  send(number: number): Promise<boolean>;
  /** Messages may have been missed, and now flow again. */
  recovered(): void;
  /** Redis takes what we publish, and yet we hear nothing. */
  deaf(): void;
};

/**
 * Knows whether what is published is heard, by publishing to ourselves: the one sign that means the same for every kind of
 * Redis. After any interruption nothing counts until an echo is heard that was sent later.
 */
export class Echo {
  readonly #ear: Ear;
  readonly #silentForMs: number;
  readonly #timer = setInterval(() => this.call(), EVERY_MS).unref();
  #sent = 0;
  #heard = 0;
  #heardAt = Date.now();
  #taken = 0;
  /** The echo that ends the interruption. */
  #awaited: number | undefined;

  /** @param silentForMs after so long without an echo something is wrong */
  constructor(ear: Ear, silentForMs: number) {
    this.#ear = ear;
    this.#silentForMs = silentForMs;
  }

  get healthy(): boolean {
    return this.#awaited === undefined;
  }

  interrupted(): void {
    this.#awaited = this.#sent + 1;
  }

  call(): void {
    this.#sent += 1;
    const number = this.#sent;
    void this.#ear.send(number).then((taken) => {
      if (taken) this.#taken = number;
    });
    if (Date.now() - this.#heardAt < this.#silentForMs) return;
    this.#awaited ??= number;
    if (this.#taken <= this.#heard) return;
    this.#heardAt = Date.now(); // for another while
    this.#ear.deaf();
  }

  hear(number: number): void {
    this.#heardAt = Date.now();
    if (number > this.#heard + 1) this.#awaited ??= number; // those between were lost, and who knows what else
    this.#heard = Math.max(this.#heard, number);
    if (this.#awaited === undefined || number < this.#awaited) return;
    this.#awaited = undefined;
    this.#ear.recovered();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
