import type { Histogram, MetricValueWithName, Registry } from 'prom-client';

type Value = MetricValueWithName<string>;
type Description = { name: string; help: string; label: string; bounds: readonly number[] };

/** How long one kind of thing took: how often up to each bound. */
export class Timing {
  readonly #bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  observe(value: number): void {
    let at = 0;
    while (value > (this.#bounds[at] ?? Number.POSITIVE_INFINITY)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/**
 * A histogram for the hot path, where observing is two additions: prom-client checks the labels and builds a key of them
 * each time, and has no way to be told many observations at once. So this one tells the registry itself.
 */
export class Timings {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #timings = new Map<string, Timing>();

  constructor({ name, help, label, bounds }: Description, registry: Registry) {
    this.name = name;
    this.help = help;
    this.#label = label;
    this.#bounds = bounds;
    // of a metric the registry uses its name, and `get()` on each scrape
    registry.registerMetric(this as unknown as Histogram);
  }

  /** A part of the whole, to be made once for each value of the label. */
  of(label: string): Timing {
    const timing = new Timing(this.#bounds);
    this.#timings.set(label, timing);
    return timing;
  }

  async get(): Promise<Omit<Description, 'label' | 'bounds'> & { type: string; aggregator: string; values: Value[] }> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#timings].flatMap(([label, timing]) => this.#valuesOf({ [this.#label]: label }, timing));
    return { name, help, type, aggregator, values };
  }

  #valuesOf(labels: Record<string, string>, { counts, sum }: Timing): Value[] {
    let count = 0;
    const buckets = counts.map((each, at): Value => {
      count += each;
      return { metricName: `${this.name}_bucket`, labels: { le: this.#bounds[at] ?? '+Inf', ...labels }, value: count };
    });
    if (count === 0) return [];
    const total = { metricName: `${this.name}_count`, labels, value: count };
    return [...buckets, { metricName: `${this.name}_sum`, labels, value: sum }, total];
  }
}
