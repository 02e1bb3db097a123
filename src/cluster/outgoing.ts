import type { Redis } from './redis-clients.ts';

/** What Redis may leave unanswered, while it stands still or is being replaced, before more is dropped. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 8_388_608;

type Method = 'publish' | 'sPublish';

/**
 * Publishes for Socket.IO's adapter, which drops the promise: Node would exit on its rejection. What fails, and what would
 * wait beyond a bound, is counted as lost instead.
 */
export class Outgoing {
  readonly #client: Redis;
  readonly #lost: () => void;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(client: Redis, lost: () => void) {
    this.#client = client;
    this.#lost = lost;
  }

  readonly publish = (channel: string, message: string): Promise<number> => this.#send('publish', channel, message);
  readonly sPublish = (channel: string, message: string): Promise<number> => this.#send('sPublish', channel, message);
  /** Looked for by the adapter, which tells by it what kind of client this is. */
  readonly pSubscribe = (): never => unasked();
  readonly sSubscribe = (): never => unasked();
  readonly on = (): this => this;

  async #send(method: Method, channel: string, message: string): Promise<number> {
    if (this.#waiting >= MOST_WAITING || this.#waitingBytes + message.length > MOST_WAITING_BYTES) return this.#drop();
    this.#waiting += 1;
    this.#waitingBytes += message.length;
    try {
      return await this.#client[method](channel, message);
    } catch {
      return this.#drop();
    } finally {
      this.#waiting -= 1;
      this.#waitingBytes -= message.length;
    }
  }

  #drop(): number {
    this.#lost();
    return 0;
  }
}

function unasked(): never {
  throw new Error('the adapter subscribes through the other client');
}
