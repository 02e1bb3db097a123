import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createClient } from 'redis';
import { countedInRedis, Limiters } from '../../src/rate-limits/limiters.ts';
import { requireRedis } from '../support/services.ts';

const RATE = { points: 2, seconds: 1 };

/** Seconds to wait; 0 if the use was counted. */
async function waitAfter(used: Promise<unknown>): Promise<number> {
  return used.then(
    () => 0,
    ({ msBeforeNext }) => Math.ceil(msBeforeNext / 1000),
  );
}

function growing(limiters: () => Limiters): void {
  it('doubles each time within a day, and starts again when the count is cleared', async () => {
    const limiter = limiters().growing('test', RATE);
    const use = () => waitAfter(limiter.consume('alice'));
    expect([await use(), await use(), await use(), await use()]).to.deep.equal([0, 0, 1, 1]);
    await sleep(1_020);
    expect([await use(), await use(), await use(), await use()]).to.deep.equal([0, 0, 2, 2]);
    expect(await waitAfter(limiter.consume('bob')), 'another').to.equal(0);
    await limiter.delete('alice');
    expect([await use(), await use(), await use()]).to.deep.equal([0, 0, 1]);
  });
}

describe('The wait after too many failures, counted in this process,', () => {
  growing(() => new Limiters(undefined));

  it('is at most eight times the first', async () => {
    const waits: number[] = [];
    const limiter = new Limiters(undefined).growing('test', RATE);
    for (let round = 0; round < 6; round += 1) {
      for (let use = 0; use < RATE.points; use += 1) await limiter.consume('alice');
      waits.push(await waitAfter(limiter.consume('alice')));
      await limiter.block('alice', 0.001);
      await sleep(10);
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 8, 8]);
  });
});

describe('The wait after too many failures, counted in Redis,', () => {
  let client: ReturnType<typeof createClient>;
  before(async function () {
    this.timeout(120_000);
    client = createClient({ url: (await requireRedis(this)).url });
    await client.connect();
  });
  after(() => client?.destroy());

  growing(
    () => new Limiters(countedInRedis(client, 'an installation', { works: () => undefined, refused: () => undefined })),
  );
});
