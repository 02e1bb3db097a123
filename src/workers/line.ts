/** What one process says to another: a text under a topic, which whoever passes it on does not look into. */
export type Said = {
  readonly topic: string;
  readonly text: string;
  /** The id of the worker that said it; 0 is the primary. */
  readonly from: number;
  /** The one whom it is for; without it, all other workers. */
  readonly to?: number;
};
export type Packet = { readonly said: readonly Said[] };
type Send = (packet: Packet, sent: () => void) => void;

export const PRIMARY = 0;
/** What may wait for a process that does not read, in characters, before anything is dropped. */
const MOST_WAITING = 16_777_216;

/** What a process was told by another of us; nothing of what others send over the same channel. */
export const saidIn = (message: unknown): readonly Said[] =>
  typeof message === 'object' && message !== null && 'said' in message ? (message as Packet).said : [];

/** The way to one other process. What waits there for a reader that stands still is bounded. */
export class Line {
  readonly #send: Send;
  readonly #recovered: () => void;
  #waiting = 0;
  #dropping = false;

  /** @param recovered called when something was dropped and the other reads again */
  constructor(send: Send, recovered: () => void) {
    this.#send = send;
    this.#recovered = recovered;
  }

  /** Whether too much waits. Who asks drops what it had to say, and is called when there is room again. */
  isFull(): boolean {
    this.#dropping ||= this.#waiting > MOST_WAITING;
    return this.#dropping;
  }

  say(said: readonly Said[]): void {
    const length = said.reduce((sum, { text }) => sum + text.length, 0);
    this.#waiting += length;
    this.#send({ said }, () => this.#sent(length));
  }

  #sent(length: number): void {
    this.#waiting -= length;
    if (!this.#dropping || this.#waiting > 0) return;
    this.#dropping = false;
    this.#recovered();
  }
}
