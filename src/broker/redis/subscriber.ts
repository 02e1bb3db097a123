import { type Redis, watch } from './redis-clients.ts';

type Method = 'subscribe' | 'pSubscribe' | 'sSubscribe';
type OnMessage = (message: Buffer, channel: Buffer) => void;
type Events = { lost(): void; back(): void };

/** After so long a subscription that Redis refused is tried again. */
const RENEW_AFTER_MS = 2_000;

/**
 * Subscribes for Socket.IO's adapter, and remembers the subscriptions: if they are lost, which can happen when Redis fails
 * over to another server, they are made again with a new client.
 */
export class RedisSubscriber {
  readonly #make: () => Redis;
  readonly #failed: (error: unknown) => void;
  /** Why a subscription is missing, while one is. */
  #refused: unknown;
  #pending: Promise<unknown>[] = [];
  #retry: NodeJS.Timeout | undefined;
  #events: Events = { lost: () => undefined, back: () => undefined };
  readonly #subscriptions: [Method, string | string[], OnMessage][] = [];
  #client: Redis;

  /** @param failed called with the reason when a connection could not be made, or was lost */
  constructor(make: () => Redis, failed: (error: unknown) => void = () => undefined) {
    this.#make = make;
    this.#failed = failed;
    this.#client = this.#watched();
  }

  /** Why a subscription is missing, while one is: Redis refused it. */
  get refused(): unknown {
    return this.#refused;
  }

  /** Resolves when all subscriptions so far are made. @throws the reply of Redis to one that it refused */
  async subscribed(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
  }

  /** Calls back from now on when the connection is lost, and when it is back. */
  onConnection(events: Events): void {
    this.#events = events;
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  readonly subscribe = (channels: string | string[], onMessage: OnMessage): void =>
    this.#add('subscribe', channels, onMessage);
  readonly pSubscribe = (patterns: string | string[], onMessage: OnMessage): void =>
    this.#add('pSubscribe', patterns, onMessage);
  readonly sSubscribe = (channels: string | string[], onMessage: OnMessage): void =>
    this.#add('sSubscribe', channels, onMessage);
  readonly on = (): this => this;

  /** Makes all subscriptions again with a new client. */
  renew(): void {
    const old = this.#client;
    const client = this.#watched();
    this.#client = client;
    void this.#close(old);
    const subscribeAll = () => Promise.all(this.#subscriptions.map((each) => this.#subscribe(...each)));
    client
      .connect()
      .then(subscribeAll)
      .then(() => {
        if (client === this.#client) this.#refused = undefined;
      })
      .catch((error) => client === this.#client && this.#onRefused(error));
  }

  close(): void {
    clearTimeout(this.#retry);
    void this.#close(this.#client);
  }

  /** A subscription is missing: all are made again, until Redis accepts them. */
  #onRefused(error: unknown): void {
    this.#refused = error;
    this.#events.lost();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.renew(), RENEW_AFTER_MS).unref();
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
    const ifCurrent = (callback: () => void) => () => void (client === this.#client && callback());
    watch(client, { lost: ifCurrent(() => this.#events.lost()), back: ifCurrent(() => this.#events.back()) });
    watch(client, { lost: this.#failed, back: () => undefined });
    return client;
  }

  #add(method: Method, channels: string | string[], onMessage: OnMessage): void {
    this.#subscriptions.push([method, channels, onMessage]);
    const subscribed = this.#subscribe(method, channels, onMessage);
    subscribed.catch((error) => this.#onRefused(error));
    this.#pending.push(subscribed);
  }

  #subscribe(method: Method, channels: string | string[], onMessage: OnMessage): Promise<unknown> {
    return this.#client[method](channels, onMessage, true);
  }
}
