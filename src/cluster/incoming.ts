import { type Redis, watch } from './redis-clients.ts';

type Method = 'subscribe' | 'pSubscribe' | 'sSubscribe';
type Hear = (message: Buffer, channel: Buffer) => void;
type Events = { lost(): void; back(): void };

/**
 * Subscribes for Socket.IO's adapter, and remembers what to: a subscription that was lost, as can happen when the server
 * is replaced by another, is made anew with a new client.
 */
export class Incoming {
  readonly #make: () => Redis;
  #events: Events = { lost: () => undefined, back: () => undefined };
  readonly #wanted: [Method, string | string[], Hear][] = [];
  #client: Redis;

  constructor(make: () => Redis) {
    this.#make = make;
    this.#client = this.#watched();
  }

  /** Tells from now on when the connection is lost, and when it is there again. */
  tell(events: Events): void {
    this.#events = events;
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  readonly subscribe = (channels: string | string[], hear: Hear): void => this.#want('subscribe', channels, hear);
  readonly pSubscribe = (patterns: string | string[], hear: Hear): void => this.#want('pSubscribe', patterns, hear);
  readonly sSubscribe = (channels: string | string[], hear: Hear): void => this.#want('sSubscribe', channels, hear);
  readonly on = (): this => this;

  /** Begins again with a new client. */
  renew(): void {
    const old = this.#client;
    this.#client = this.#watched();
    void this.#close(old);
    const subscribeAll = () => Promise.all(this.#wanted.map((each) => this.#subscribe(...each)));
    this.#client
      .connect()
      .then(subscribeAll)
      .catch(() => this.#events.lost()); // and it will be renewed again
  }

  close(): void {
    void this.#close(this.#client);
  }

  async #close(client: Redis): Promise<void> {
    try {
      await client.destroy();
    } catch {
      // it was closed already, or had not been opened
    }
  }

  #watched(): Redis {
    const client = this.#make();
    const ifCurrent = (tell: () => void) => () => void (client === this.#client && tell());
    watch(client, { lost: ifCurrent(() => this.#events.lost()), back: ifCurrent(() => this.#events.back()) });
    return client;
  }

  #want(method: Method, channels: string | string[], hear: Hear): void {
    this.#wanted.push([method, channels, hear]);
    this.#subscribe(method, channels, hear).catch(() => this.#events.lost());
  }

  #subscribe(method: Method, channels: string | string[], hear: Hear): Promise<unknown> {
    return this.#client[method](channels, hear, true);
  }
}
