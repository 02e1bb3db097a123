import { randomUUID } from 'node:crypto';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import type { Namespace, Server } from 'socket.io';
import type { Bus, BusSubscriber, NodeMessage } from './bus.ts';
import { Publisher } from './publisher.ts';
import { PubSubProbe } from './pubsub-probe.ts';
import { type Redis, type RedisConnections, SILENT_FOR_MS, watch } from './redis-clients.ts';
import { type RedisHealth, refusalOf } from './redis-health.ts';
import { RedisSubscriber } from './subscriber.ts';

type Options = {
  readonly log: Record<'info', (fields: object, message: string) => void>;
  readonly installationId: string;
  /** Called for each message that was not published. */
  readonly publishLost: () => void;
};

const START_WITHIN_MS = 5_000;
/** The event of Socket.IO's server that carries a message to the other nodes. */
const EVENT = 'node';
/**
 * All channels of an installation begin with it. In a Redis Cluster the part in braces decides where a channel is: all of
 * them are on one server, in one order.
 */
const channelPrefix = (installationId: string) => `{mmchat:${installationId}}`;

/**
 * Carries messages between nodes through Redis, by Socket.IO's adapter: with sharded pub/sub where Redis has it (7 or
 * later). Only the adapter of the root namespace is connected to Redis, and it carries whole effects: the other nodes
 * deliver them to their own sockets, with the same checks as this one. Broadcasts by the adapter would bypass these.
 */
export class RedisBus implements Bus {
  readonly #io: Server;
  readonly #redis: Redis;
  readonly #health: RedisHealth;
  readonly #publisher: Publisher;
  readonly #subscriber: RedisSubscriber;
  readonly #channels: string;
  readonly #ownChannel: string;
  readonly #probe: PubSubProbe;
  #publishMethod: 'publish' | 'sPublish' = 'publish';
  #recovered: BusSubscriber['onRecovered'] = () => undefined;
  #lost = 0;
  /** While Redis hangs nothing fails: since when it has left a probe unanswered. */
  #unansweredSince: number | undefined;

  private constructor(io: Server, { publisher, another, health }: RedisConnections, options: Options) {
    this.#io = io;
    this.#redis = publisher;
    this.#health = health;
    this.#publisher = new Publisher(publisher, () => {
      this.#lost += 1;
      options.publishLost();
    });
    this.#subscriber = new RedisSubscriber(another, health.connectionFailed);
    this.#channels = channelPrefix(options.installationId);
    this.#ownChannel = `${this.#channels}probe#${randomUUID()}`;
    this.#probe = new PubSubProbe({
      send: (number) => this.#sendProbe(number),
      recovered: () => this.#onRecovered(),
      silent: () => this.#onSilent(),
      silentForMs: SILENT_FOR_MS,
    });
  }

  /**
   * Connects, and gives the server Redis' adapter.
   * @throws Error with the reason when Redis refuses it, or cannot be reached within 5 s: at the start that is a mistake
   */
  static async connect(io: Server, connections: RedisConnections, options: Options): Promise<RedisBus> {
    const bus = new RedisBus(io, connections, options);
    await bus.#connect();
    options.log.info({}, 'connected to Redis');
    return bus;
  }

  get isHealthy(): boolean {
    return this.#probe.isHealthy;
  }

  get probedAt(): number {
    return this.#probe.receivedAt;
  }

  /** Through the adapter of the root namespace, in order, to every other node. */
  publish(message: NodeMessage): void {
    this.#io.serverSideEmit(EVENT, message);
  }

  subscribe({ onMessage, onRecovered }: BusSubscriber): void {
    this.#io.on(EVENT, onMessage as never); // Socket.IO's types know only events of clients
    this.#recovered = onRecovered;
  }

  async close(): Promise<void> {
    this.#probe.close();
    this.#redis.destroy();
    this.#subscriber.close();
  }

  async #connect(): Promise<void> {
    watch(this.#redis, { lost: this.#health.connectionFailed, back: () => undefined });
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(this.#health.lastError), START_WITHIN_MS);
    const connected = Promise.all([this.#redis.connect(), this.#subscriber.connect()]).then(() => this.#prepare());
    try {
      await Promise.race([connected, late, this.#health.refusedForGood]);
    } catch (error) {
      connected.catch(() => undefined); // it is given up
      await this.close();
      throw new Error(failureReason(error));
    } finally {
      clearTimeout(timer);
    }
    const events = { lost: () => this.#probe.interrupted(), back: () => this.#probe.send() };
    this.#subscriber.onConnection(events);
    watch(this.#redis, events);
    this.#probe.start();
  }

  /** Does once what must work from now on: with its first failure the server does not start. */
  async #prepare(): Promise<void> {
    const isSharded = await hasShardedPubSub(this.#redis);
    this.#attachAdapter(isSharded);
    this.#publishMethod = isSharded ? 'sPublish' : 'publish';
    const onProbe = (message: Buffer) => this.#probe.received(Number(message));
    this.#subscriber[isSharded ? 'sSubscribe' : 'subscribe'](this.#ownChannel, onProbe);
    await this.#subscriber.subscribed();
    await this.#redis[this.#publishMethod](`${this.#channels}start`, '');
  }

  #attachAdapter(isSharded: boolean): void {
    const clients = [this.#publisher, this.#subscriber] as const;
    const redisAdapter = isSharded
      ? createShardedAdapter(...clients, { subscriptionMode: 'static', channelPrefix: this.#channels })
      : createAdapter(...clients, { key: this.#channels });
    const InMemoryAdapter = this.#io.adapter() as new (namespace: Namespace) => unknown; // the class by default
    function adapter(namespace: Namespace): unknown {
      return namespace.name === '/' ? redisAdapter(namespace) : new InMemoryAdapter(namespace);
    }
    this.#io.adapter(adapter as never); // its types know only classes; what a function returns works as well
  }

  async #sendProbe(number: number): Promise<boolean> {
    const answered = this.#redis[this.#publishMethod](this.#ownChannel, `${number}`);
    this.#unansweredSince ??= performance.now();
    if (performance.now() - this.#unansweredSince > SILENT_FOR_MS)
      this.#health.failed('publishing', timeoutError('no answer'));
    try {
      await answered;
    } catch (error) {
      this.#unansweredSince = undefined;
      this.#health.failed('publishing', error);
      return false;
    }
    this.#unansweredSince = undefined;
    if (this.#subscriber.refused !== undefined) this.#health.failed('subscribing', this.#subscriber.refused);
    else if (!this.#probe.isHealthy)
      return true; // the interruption lasts until a probe is received
    else this.#health.works('subscribing');
    this.#health.works('publishing');
    return true;
  }

  #onSilent(): void {
    this.#health.failed('subscribing', timeoutError('nothing comes back'));
    this.#health.works('publishing');
    this.#subscriber.renew();
  }

  #onRecovered(): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#recovered(lost);
  }
}

const timeoutError = (message: string) => Object.assign(new Error(message), { code: 'ETIMEDOUT' });

function failureReason(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal === undefined) return 'Redis (REDIS_URL) cannot be reached';
  const { cause, code, next } = refusal;
  return `${cause} (REDIS_URL; ${code}). ${next}`;
}

/** By the names of its commands: a service may report an older version than it is, or lack some commands. */
async function hasShardedPubSub(redis: Redis): Promise<boolean> {
  const commands = (await redis.ask(['COMMAND', 'INFO', 'SPUBLISH', 'SSUBSCRIBE'])) as unknown[]; // one entry each
  return commands.every((command) => command !== null);
}
