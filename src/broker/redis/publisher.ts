import type { Redis } from './redis-clients.ts';

/** How much may await a reply of Redis, while it hangs or is being replaced; more is dropped. */
const MAX_PENDING = 10_000;
const MAX_PENDING_CHARS = 8_388_608;

type Method = 'publish' | 'sPublish';

/**
 * Publishes for Socket.IO's adapter, which ignores the promise: its rejection would end the process. What fails, and what
 * would exceed the bounds, is counted as lost instead.
 */
export class Publisher {
  readonly #client: Redis;
  readonly #lost: () => void;
  #pending = 0;
  #pendingChars = 0;

  /** @param lost called for each message that was not published */
  constructor(client: Redis, lost: () => void) {
    this.#client = client;
    this.#lost = lost;
  }

  readonly publish = (channel: string, message: string): Promise<number> => this.#send('publish', channel, message);
  readonly sPublish = (channel: string, message: string): Promise<number> => this.#send('sPublish', channel, message);
  /** The adapter recognizes the kind of a client by its methods. */
  readonly pSubscribe = (): never => mustNotSubscribe();
  readonly sSubscribe = (): never => mustNotSubscribe();
  readonly on = (): this => this;

  async #send(method: Method, channel: string, message: string): Promise<number> {
    if (this.#pending >= MAX_PENDING || this.#pendingChars + message.length > MAX_PENDING_CHARS) return this.#drop();
    this.#pending += 1;
    this.#pendingChars += message.length;
    try {
      return await this.#client[method](channel, message);
    } catch {
      return this.#drop();
    } finally {
      this.#pending -= 1;
      this.#pendingChars -= message.length;
    }
  }

  #drop(): number {
    this.#lost();
    return 0;
  }
}

function mustNotSubscribe(): never {
  throw new Error('the adapter subscribes through the other client');
}
