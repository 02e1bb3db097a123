import { expect } from 'chai';
import { Limiters } from '../../src/rate-limits/limiters.ts';

describe('A limit with a burst', () => {
  it('counts the cost of a call against the steady rate, then against the burst, and reports the sum', async () => {
    const limiter = new Limiters(undefined).bursty('test', { points: 4, seconds: 60 }, 10);
    const left = async (cost: number) => (await limiter.consume('alice', cost)).remainingPoints;
    expect([await left(1), await left(3)]).to.deep.equal([9, 6]);
    expect(await left(4)).to.equal(2);
    const refusal = await limiter.consume('alice', 3).catch((refused) => refused);
    expect(refusal.remainingPoints).to.equal(0);
    expect(refusal.msBeforeNext).to.be.within(1, 60_000);
    expect((await limiter.consume('bob', 1)).remainingPoints).to.equal(9);
  });

  it('is cleared as a whole', async () => {
    const limiter = new Limiters(undefined).bursty('test', { points: 2, seconds: 60 }, 4);
    for (let used = 0; used < 4; used += 1) await limiter.consume('alice', 1);
    await limiter.delete('alice');
    expect((await limiter.consume('alice', 1)).remainingPoints).to.equal(3);
  });
});
