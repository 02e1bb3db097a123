import { expect } from 'chai';
import type { Bus, NodeMessage } from '../../src/broker/redis/bus.ts';
import { PubSubProbe } from '../../src/broker/redis/pubsub-probe.ts';
import { RedisBroker } from '../../src/broker/redis/redis-broker.ts';
import { redisClient } from '../../src/broker/redis/redis-clients.ts';
import { RedisSubscriber } from '../../src/broker/redis/subscriber.ts';
import { redisAddress } from '../../src/config/redis-url.ts';
import { requireRedis } from '../support/services.ts';
import { until } from './until.ts';

const SILENT_FOR_MS = 1_200;

describe('A message that is lost between two nodes', () => {
  it('without any error is noticed by the number of the next message', async () => {
    const receivers: ((message: NodeMessage) => void)[] = [];
    let losing = false;
    const bus: Bus = {
      isHealthy: true,
      probedAt: 0,
      publish: (message) => losing || receivers.forEach((receive) => void receive(message)),
      subscribe: ({ onMessage }) => void receivers.push(onMessage),
      close: async () => undefined,
    };
    const missed = [0, 0];
    const brokers = missed.map((_, index) => {
      const readMembers = async () => [];
      const conditions = { begin: () => undefined, end: () => undefined };
      const broker = new RedisBroker(bus, {
        name: 'one',
        leaseMs: 8_000,
        readMembers,
        conditions,
        report: () => undefined,
      });
      broker.subscribe({
        missed() {
          missed[index] = (missed[index] ?? 0) + 1;
        },
      });
      void broker.start();
      return broker;
    });
    const publish = async (userId: number) => {
      brokers[0]?.setOnline(userId, true);
      await new Promise(setImmediate);
    };
    await publish(1);
    expect(missed, 'nothing yet').to.deep.equal([0, 0]);
    losing = true;
    await publish(2);
    losing = false;
    await publish(3);
    await publish(4);
    expect(missed, 'once').to.deep.equal([0, 1]);
    await Promise.all(brokers.map((broker) => broker.close()));
  });
});

describe('A subscription that a Redis client has lost', () => {
  it('is made again, and it is known that messages were missed', async function () {
    const { url } = await requireRedis(this);
    const clients: ReturnType<typeof redisClient>[] = [];
    const make = () => {
      const client = redisClient(redisAddress(url));
      clients.push(client);
      return client;
    };
    const publisher = make();
    const subscriber = new RedisSubscriber(make);
    await Promise.all([publisher.connect(), subscriber.connect()]);
    let recovered = 0;
    const channel = 'a channel of a test';
    const probe = new PubSubProbe({
      send: (number: number) => publisher.publish(channel, `${number}`).then(() => true),
      recovered() {
        recovered += 1;
      },
      silent: () => subscriber.renew(),
      silentForMs: SILENT_FOR_MS,
    });
    probe.start();
    let received = 0;
    subscriber.subscribe(channel, (message) => {
      received += 1;
      probe.received(Number(message));
    });
    try {
      await until('a probe is received', () => received > 0);
      expect(probe.isHealthy).to.equal(true);
      clients[1]?.destroy();
      await until('the silence is noticed', () => !probe.isHealthy);
      const before = received;
      await until('probes are received again', () => received > before && probe.isHealthy);
      expect(recovered).to.equal(1);
    } finally {
      probe.close();
      publisher.destroy();
      subscriber.close();
    }
  });
});
