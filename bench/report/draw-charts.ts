import { barsChart, goalsChart, growthChart } from './charts.ts';
import { readResults, writeResultFile } from './results.ts';

const BARS = {
  'rate.svg': { title: 'Operations per second', figure: 'rate', unit: '/s' },
  'cpu.svg': { title: 'CPU of the server per operation', figure: 'cpu', unit: 'µs' },
  'delivery.svg': { title: 'CPU of the server per delivery', figure: 'deliveryCpu', unit: 'µs' },
  'latency.svg': { title: 'Latency, 99th percentile', figure: 'p99', unit: 'ms' },
};

/** Draws charts of all kept results into `bench/results/`. */
export function drawCharts(): void {
  const results = readResults();
  writeResultFile('goals.svg', goalsChart(results));
  for (const [file, bars] of Object.entries(BARS)) {
    const chart = barsChart(results, bars);
    if (chart !== undefined) writeResultFile(file, chart);
  }
  for (const result of results.filter(({ name }) => name.startsWith('growth')))
    writeResultFile(`${result.name}.svg`, growthChart(result));
}
