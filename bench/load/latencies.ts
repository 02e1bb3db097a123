import { percentile } from '../measurement/statistics.ts';

/** Collects latencies in milliseconds. */
export class Latencies {
  #values: number[] = [];

  add(milliseconds: number): void {
    this.#values.push(milliseconds);
  }

  clear(): void {
    this.#values = [];
  }

  get count(): number {
    return this.#values.length;
  }

  figures() {
    const sorted = Float64Array.from(this.#values).sort();
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  }
}
