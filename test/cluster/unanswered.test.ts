import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Outgoing } from '../../src/cluster/outgoing.ts';
import { redisClient } from '../../src/cluster/redis-clients.ts';
import { redisAddress } from '../../src/config-redis.ts';
import { startRedis } from '../support/redis.ts';
import { requireRedis } from '../support/services.ts';

const MOST_GROWTH_BYTES = 48 * 1024 * 1024;
const MESSAGES = 9_000;
/** Each a text of its own, of the same length. */
const messageOf = (index: number) => JSON.stringify([`${index}`.padStart(5), '€'.repeat(4_000)]);
/** What may wait, in characters. */
const MOST_WAITING_CHARS = 8 * 1024 * 1024;

describe('What a frozen Redis leaves unanswered', () => {
  it('takes a bounded amount of memory; what is beyond it is dropped and counted, and later all flows again', async function () {
    this.timeout(20_000);
    await requireRedis(this);
    const redis = await startRedis();
    if (redis === undefined) throw new Error('it was there a moment ago');
    const client = redisClient(redisAddress(redis.url));
    try {
      await client.connect();
      let lost = 0;
      const outgoing = new Outgoing(client, () => {
        lost += 1;
      });
      await redis.kill('SIGSTOP');
      const before = memory();
      const all = Array.from({ length: MESSAGES }, (_, index) =>
        outgoing.publish('a channel of a test', messageOf(index)),
      );
      await new Promise(setImmediate);
      const grown = memory() - before;
      const kept = MESSAGES - lost;
      expect(grown).to.be.below(MOST_GROWTH_BYTES);
      expect(kept).to.equal(Math.floor(MOST_WAITING_CHARS / messageOf(0).length));
      await redis.kill('SIGCONT');
      await Promise.all(all);
      expect(lost, 'what waited has gone out').to.equal(MESSAGES - kept);
      await outgoing.publish('a channel of a test', messageOf(0));
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

/** What is held on to, in bytes. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
