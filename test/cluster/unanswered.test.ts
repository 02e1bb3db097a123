import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Publisher } from '../../src/broker/redis/publisher.ts';
import { redisClient } from '../../src/broker/redis/redis-clients.ts';
import { redisAddress } from '../../src/config/redis-url.ts';
import { startRedis } from '../support/redis.ts';
import { requireRedis } from '../support/services.ts';

const MOST_GROWTH_BYTES = 48 * 1024 * 1024;
const MESSAGES = 9_000;
/** Different texts of the same length. */
const messageOf = (index: number) => JSON.stringify([`${index}`.padStart(5), '€'.repeat(4_000)]);
/** How much may wait, in characters. */
const MOST_WAITING_CHARS = 8 * 1024 * 1024;

describe('What a paused Redis leaves unanswered', () => {
  it('takes a bounded amount of memory; more is dropped and counted, and later everything is published again', async function () {
    this.timeout(120_000);
    await requireRedis(this);
    const redis = await startRedis();
    if (redis === undefined) throw new Error('it was there a moment ago');
    const client = redisClient(redisAddress(redis.url));
    try {
      await client.connect();
      let lost = 0;
      const publisher = new Publisher(client, () => {
        lost += 1;
      });
      await redis.kill('SIGSTOP');
      const before = memory();
      const all = Array.from({ length: MESSAGES }, (_, index) =>
        publisher.publish('a channel of a test', messageOf(index)),
      );
      await new Promise(setImmediate);
      const grown = memory() - before;
      const kept = MESSAGES - lost;
      expect(grown).to.be.below(MOST_GROWTH_BYTES);
      expect(kept).to.equal(Math.floor(MOST_WAITING_CHARS / messageOf(0).length));
      await redis.kill('SIGCONT');
      await Promise.all(all);
      expect(lost, 'what waited has gone out').to.equal(MESSAGES - kept);
      await publisher.publish('a channel of a test', messageOf(0));
      expect(lost, 'and nothing more is lost').to.equal(MESSAGES - kept);
    } finally {
      await redis.kill('SIGCONT');
      client.destroy();
      await redis.stop();
    }
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory that is in use, in bytes. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
