import { expect } from 'chai';
import { Registry } from 'prom-client';
import { Tallies } from '../../src/operating/tallies.ts';

describe('Counting on the hot path', () => {
  it('tells what was counted, however often it is asked', async () => {
    const registry = new Registry();
    const tally = new Tallies({ name: 'things', help: 'Things.', labelNames: ['kind', 'size'] }, registry).of('a', 'b');
    for (let total = 1; total < 4; total += 1) {
      tally.count += 1;
      for (let scrape = 0; scrape < 2; scrape += 1)
        expect(await registry.metrics()).to.include(`things{kind="a",size="b"} ${total}\n`);
    }
  });
});
