import { expect } from 'chai';
import { compare, reached, summary } from '../../bench/measuring/interleave.ts';
import { machine } from '../../bench/measuring/machine.ts';
import { median, percentile } from '../../bench/measuring/numbers.ts';
import { cpuMicros } from '../../bench/measuring/usage.ts';
import { barsChart, goalsChart, growthChart } from '../../bench/report/charts.ts';
import { sectionOf } from '../../bench/report/docs.ts';
import type { Result } from '../../bench/report/results.ts';
import { tableOf } from '../../bench/report/table.ts';
import { isReached } from '../../bench/row.ts';

const runs = new Map([
  ['ours', [{ rate: 60 }, { rate: 100 }, { rate: 90 }]],
  ['theirs', [{ rate: 10 }, { rate: 50 }, { rate: 30 }]],
]);
const goal = { about: 'rate ÷ theirs', atLeast: 3.5 };

function resultOf(name: string): Result {
  const goals = [compare(runs, 'rate', 'ours', 'theirs', goal), reached({ about: 'p99', unit: 'ms', atMost: 25 }, [7])];
  const about = 'something <quick> & "good"';
  return { name, about, date: '2026-11-24T10:00:00.000Z', took: 1, machine: machine(), goals, sides: summary(runs) };
}

describe('The figures of the bench', () => {
  it('are medians, and ratios are the median of each pair of runs', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(percentile([1, 2, 3, 4], 0.99)).to.equal(4);
    const { value, runs: pairs } = compare(runs, 'rate', 'ours', 'theirs', goal);
    expect(pairs).to.deep.equal([6, 2, 3]);
    expect(value).to.equal(3);
  });

  it('say whether a goal was reached, from below and from above', () => {
    expect(isReached(reached({ about: '', atLeast: 3 }, [3]))).to.equal(true);
    expect(isReached(reached({ about: '', atLeast: 3 }, [2.9]))).to.equal(false);
    expect(isReached(reached({ about: '', atMost: 3 }, [3]))).to.equal(true);
    expect(isReached(reached({ about: '', atMost: 3 }, [3.1]))).to.equal(false);
  });

  it('know how much CPU a process has used', () => {
    const [before, began] = [cpuMicros(process.pid), process.cpuUsage()];
    while (process.cpuUsage(began).user < 100_000) JSON.stringify(process.versions);
    const { user, system } = process.cpuUsage(began);
    expect(cpuMicros(process.pid) - before).to.be.closeTo(user + system, 30_000); // it counts in steps of 10,000
  });

  it('come as a table, as a section of the documents and as charts', () => {
    const result = resultOf('row');
    expect(tableOf(result, result)).to.match(
      /✗ rate ÷ theirs: 3\.00 \(goal ≥ 3\.5;.*\n.*✓ p99: 7\.00 ms \(goal ≤ 25 ms/,
    );
    expect(sectionOf([result])).to.contain('| rate ÷ theirs | ≥ 3.5 | 3.00 | **no** | 2026-11-24 |');
    const charts = [
      goalsChart([result]),
      barsChart([result], { title: 'Rate', figure: 'rate', unit: '/s' }),
      growthChart(result),
    ];
    for (const chart of charts) {
      expect(chart).to.match(
        /^<svg [^>]*>\n(<(text|rect|line|polyline|circle)\b[^<>]*(\/>|>[^<>]*<\/text>)\n?)*<\/svg>\n$/,
      );
      expect(chart).not.to.contain('NaN');
    }
  });
});
