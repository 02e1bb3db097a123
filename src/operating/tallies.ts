import { Counter, type Registry } from 'prom-client';

export type Tally = { count: number };
type Description = { name: string; help: string; labelNames: string[] };

/**
 * A counter for the hot path, where counting is an addition: prom-client checks the labels and builds a key of them each
 * time. It is told on each scrape what has come since the last one.
 */
export class Tallies {
  readonly #labelled: { labels: string[]; tally: Tally }[] = [];

  constructor(description: Description, registry: Registry) {
    const counter: Counter = new Counter({
      ...description,
      registers: [registry],
      collect: () => this.#tell(counter),
    });
  }

  /** A part of the whole, to be made once for each combination of labels. */
  of(...labels: string[]): Tally {
    const tally = { count: 0 };
    this.#labelled.push({ labels, tally });
    return tally;
  }

  #tell(counter: Counter): void {
    for (const { labels, tally } of this.#labelled) {
      if (tally.count > 0) counter.labels(...labels).inc(tally.count);
      tally.count = 0;
    }
  }
}
