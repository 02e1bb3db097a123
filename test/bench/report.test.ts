import { expect } from 'chai';
import { compare, isMet, resultOf } from '../../bench/measurement/goals.ts';
import { summary } from '../../bench/measurement/interleave.ts';
import { machine } from '../../bench/measurement/machine.ts';
import { cpuMicros } from '../../bench/measurement/process-usage.ts';
import { median, percentile } from '../../bench/measurement/statistics.ts';
import { barsChart, goalsChart, growthChart } from '../../bench/report/charts.ts';
import { sectionOf } from '../../bench/report/performance-page.ts';
import type { Result } from '../../bench/report/results.ts';
import { tableOf } from '../../bench/report/table.ts';

const runs = new Map([
  ['mmchat', [{ rate: 60 }, { rate: 100 }, { rate: 90 }]],
  ['baseline', [{ rate: 10 }, { rate: 50 }, { rate: 30 }]],
]);
const goal = { about: 'rate ÷ baseline', atLeast: 3.5 };

function exampleOf(name: string): Result {
  const goals = [
    compare(runs, 'rate', 'mmchat', 'baseline', goal),
    resultOf({ about: 'p99', unit: 'ms', atMost: 25 }, [7]),
  ];
  const about = 'something <quick> & "good"';
  return {
    name,
    about,
    date: '2026-11-24T10:00:00.000Z',
    took: 1,
    machine: machine(),
    goals,
    contenders: summary(runs),
  };
}

describe('The results of the bench', () => {
  it('are medians; a ratio is the median of the ratios of each pair of runs', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(percentile([1, 2, 3, 4], 0.99)).to.equal(4);
    const { value, runs: pairs } = compare(runs, 'rate', 'mmchat', 'baseline', goal);
    expect(pairs).to.deep.equal([6, 2, 3]);
    expect(value).to.equal(3);
  });

  it('meet a lower or an upper bound', () => {
    expect(isMet(resultOf({ about: '', atLeast: 3 }, [3]))).to.equal(true);
    expect(isMet(resultOf({ about: '', atLeast: 3 }, [2.9]))).to.equal(false);
    expect(isMet(resultOf({ about: '', atMost: 3 }, [3]))).to.equal(true);
    expect(isMet(resultOf({ about: '', atMost: 3 }, [3.1]))).to.equal(false);
  });

  it('include the CPU time of a process', () => {
    const [before, began] = [cpuMicros(process.pid), process.cpuUsage()];
    while (process.cpuUsage(began).user < 100_000) JSON.stringify(process.versions);
    const { user, system } = process.cpuUsage(began);
    expect(cpuMicros(process.pid) - before).to.be.closeTo(user + system, 30_000); // in steps of 10,000
  });

  it('are printed as a table, as a section of the documents and as charts', () => {
    const result = exampleOf('scenario');
    expect(tableOf(result, result)).to.match(
      /✗ rate ÷ baseline: 3\.00 \(goal ≥ 3\.5;.*\n.*✓ p99: 7\.00 ms \(goal ≤ 25 ms/,
    );
    const section = sectionOf([result]);
    expect(section).to.contain('| `scenario` | something <quick> & "good" |');
    expect(section).to.contain('| `scenario` | rate ÷ baseline | ≥ 3.5 | 3.00 | **no** |');
    expect(section).to.contain('| `scenario` | p99 | ≤ 25 ms | 7.00 ms | yes |');
    expect(section).to.match(/^Measured on 2026-11-24 with \d+ cores/m);
    expect(sectionOf([result, exampleOf('other')])).to.contain(
      '| `scenario`, `other` | rate ÷ baseline | ≥ 3.5 | 3.00, 3.00 | **no**, **no** |',
    );
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
