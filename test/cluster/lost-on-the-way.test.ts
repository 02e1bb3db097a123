import { expect } from 'chai';
import type { Bus, NodeMessage } from '../../src/cluster/bus.ts';
import { Cluster } from '../../src/cluster/cluster.ts';
import { Echo } from '../../src/cluster/echo.ts';
import { Incoming } from '../../src/cluster/incoming.ts';
import { redisClient } from '../../src/cluster/redis-clients.ts';
import { redisAddress } from '../../src/config-redis.ts';
import { requireRedis } from '../support/services.ts';
import { until } from './waiting.ts';

const SILENT_FOR_MS = 1_200;

describe('What is lost between two nodes', () => {
  it('without a sign of it is noticed by the number of the next message', async () => {
    const hearers: ((message: NodeMessage) => void)[] = [];
    let losing = false;
    const bus: Bus = {
      healthy: true,
      publish: (message) => losing || hearers.forEach((hear) => void hear(message)),
      listen: (hear) => void hearers.push(hear),
      onRecovered: () => undefined,
      close: async () => undefined,
    };
    const missed = [0, 0];
    const clusters = missed.map((_, index) => {
      const node = {
        apply: () => undefined,
        onlineUsers: () => [],
        presenceChanged: () => undefined,
        connectionsHere: () => 0,
        severalConnections: () => [],
        wantsReceipts: () => false,
        connectionsChanged: () => undefined,
        stoodStill: () => undefined,
        mayHaveMissed() {
          missed[index] = (missed[index] ?? 0) + 1;
        },
      };
      return new Cluster(bus, node);
    });
    const tell = async (userId: number) => {
      clusters[0]?.userConnected(userId);
      await new Promise(setImmediate);
    };
    await tell(1);
    expect(missed, 'nothing yet').to.deep.equal([0, 0]);
    losing = true;
    await tell(2);
    losing = false;
    await tell(3);
    await tell(4);
    expect(missed, 'once').to.deep.equal([0, 1]);
    await Promise.all(clusters.map((cluster) => cluster.close()));
  });
});

describe('A subscription that a client of Redis has given up', () => {
  it('is made anew, and what was missed meanwhile is known to be', async function () {
    const { url } = await requireRedis(this);
    const clients: ReturnType<typeof redisClient>[] = [];
    const make = () => {
      const client = redisClient(redisAddress(url));
      clients.push(client);
      return client;
    };
    const publisher = make();
    const incoming = new Incoming(make);
    await Promise.all([publisher.connect(), incoming.connect()]);
    let recovered = 0;
    const channel = 'a channel of a test';
    const ear = {
      send: (number: number) => publisher.publish(channel, `${number}`).then(() => true),
      recovered() {
        recovered += 1;
      },
      deaf: () => incoming.renew(),
    };
    const echo = new Echo(ear, SILENT_FOR_MS);
    let heard = 0;
    incoming.subscribe(channel, (message) => {
      heard += 1;
      echo.hear(Number(message));
    });
    try {
      await until('it is heard', () => heard > 0);
      expect(echo.healthy).to.equal(true);
      clients[1]?.destroy();
      await until('that nothing is heard is noticed', () => !echo.healthy);
      const before = heard;
      await until('it is heard again', () => heard > before && echo.healthy);
      expect(recovered).to.equal(1);
    } finally {
      echo.close();
      publisher.destroy();
      incoming.close();
    }
  });
});
