import { barsChart, goalsChart, growthChart } from './charts.ts';
import { readResults, writeBeside } from './results.ts';

const BARS = {
  'rate.svg': { title: 'Operations a second', figure: 'rate', unit: '/s' },
  'cpu.svg': { title: "The server's CPU for one operation", figure: 'cpu', unit: 'µs' },
  'delivery.svg': { title: "The server's CPU for one delivery", figure: 'deliveryCpu', unit: 'µs' },
  'latency.svg': { title: '99 of 100 are answered within', figure: 'p99', unit: 'ms' },
};

/** Draws the charts of the results that are kept, beside them. */
export function drawCharts(): void {
  const results = readResults();
  writeBeside('goals.svg', goalsChart(results));
  for (const [file, bars] of Object.entries(BARS)) {
    const chart = barsChart(results, bars);
    if (chart !== undefined) writeBeside(file, chart);
  }
  for (const result of results.filter(({ name }) => name.startsWith('growth')))
    writeBeside(`${result.name}.svg`, growthChart(result));
}
