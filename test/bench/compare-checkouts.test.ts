import { expect } from 'chai';
import { compareCheckouts, ratioOf } from '../../bench/compare-checkouts.ts';
import { comparisonTableOf } from '../../bench/report/table.ts';
import { SMOKE } from '../../bench/scale.ts';
import { CHECKOUT } from '../../bench/scenario.ts';
import { scenarios } from '../../bench/scenarios.ts';

describe('A comparison of two checkouts', () => {
  it('has the median ratio of pairs of windows and its quartiles', () => {
    expect(ratioOf([10, 22, 30, 80], [10, 20, 20, 20])).to.deep.equal({ ratio: 1.3, spread: [1, 1.5] });
  });

  it('measures the servers of both', async function () {
    this.timeout(120_000);
    const send5 = scenarios.find(({ name }) => name === 'send5');
    if (send5 === undefined) throw new Error('there is no scenario send5');
    const options = { other: CHECKOUT, pairs: 1, rounds: 1, progress: () => undefined };
    const comparisons = await compareCheckouts({ ...send5, warmUps: 1 }, SMOKE, options);
    const cpu = comparisons.find(({ figure }) => figure === 'cpu');
    expect(cpu?.here).to.be.greaterThan(0);
    expect(cpu?.there).to.be.greaterThan(0);
    expect(cpu?.ratio).to.be.closeTo((cpu?.here ?? 0) / (cpu?.there ?? 0), 1e-9);
    expect(comparisonTableOf(send5, comparisons)).to.match(/MmChat: CPU µs\/operation +[\d.,]+ +[\d.,]+ +\d+\.\d{3} /);
  });
});
