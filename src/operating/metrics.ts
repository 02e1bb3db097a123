import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../errors.ts';
import type { Observer } from '../observer.ts';
import type { Operation } from '../operation.ts';
import type { ServerEventName } from '../protocol.ts';
import { processMetrics } from './process-metrics.ts';
import { Tallies, type Tally } from './tallies.ts';

const LATENCY_BUCKETS_SEC = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const MS_PER_SEC = 1_000;

/** Reads a value when it is asked for; with a label, a value for each of the label's values. */
type Reading = () => number | Record<string, number> | Promise<Record<string, number>>;

type OfOperation = { seconds: Histogram.Internal<string>; results: (result: string) => Tally };

/** The numbers of one node, for Prometheus. Each app has its own, so that several can live in one process. */
export class Metrics implements Observer {
  readonly #registry = new Registry();
  readonly #operations = new Map<Operation, OfOperation>();

  /** @param operations the table, whose names become labels */
  constructor(operations: Readonly<Record<string, { operation: Operation }>>) {
    for (const [name, { operation }] of Object.entries(operations)) {
      const results = kept((result: string) => this.#results.of(name, result));
      this.#operations.set(operation, { seconds: this.#seconds.labels(name), results });
    }
  }

  readonly #seconds = this.#histogram('mmchat_operation_seconds', 'Time to answer an operation.', ['operation']);
  readonly #results = this.#tallies('mmchat_operations_total', 'Operations by result.', ['operation', 'result']);
  readonly #requests = this.#tallies('mmchat_http_requests_total', 'HTTP requests by status.', ['status']);
  readonly #batches = this.#histogram('mmchat_commit_changes', 'Changes per group commit.', [], BATCH_BUCKETS);
  readonly #commits = this.#histogram('mmchat_commit_seconds', 'Time of a group commit.', []);
  readonly #events = this.#tallies('mmchat_events_total', 'Events emitted by this node.', ['type']);
  readonly #deliveries = this.#tallies('mmchat_event_deliveries_total', 'Sockets that events went to.', ['type']);
  readonly #lost = this.#counter('mmchat_publishes_lost_total', 'Publishes that did not reach Redis.', []);
  readonly #wrongCodes = this.#counter('mmchat_wrong_codes_total', 'One-time codes that were wrong.', ['purpose']);
  readonly #cut = this.#counter('mmchat_slow_clients_cut_total', 'Clients cut for not reading.', ['transport']);

  readonly #requestsOf = kept((status: number) => this.#requests.of(String(status)));
  readonly #emittedOf = kept((type: string) => ({ events: this.#events.of(type), sockets: this.#deliveries.of(type) }));

  readonly operation = (operation: Operation, result: 'ok' | ErrorCode, ms: number): void => {
    const numbers = this.#operations.get(operation);
    if (numbers === undefined) return;
    numbers.seconds.observe(ms / MS_PER_SEC);
    numbers.results(result).count += 1;
  };

  readonly request = (status: number): void => {
    this.#requestsOf(status).count += 1;
  };

  readonly committed = (changes: number, ms: number): void => {
    this.#batches.observe(changes);
    this.#commits.observe(ms / MS_PER_SEC);
  };

  readonly emitted = (type: ServerEventName, sockets: number): void => {
    const numbers = this.#emittedOf(type);
    numbers.events.count += 1;
    numbers.sockets.count += sockets;
  };

  readonly publishLost = (): void => this.#lost.inc();

  readonly wrongCode = (purpose: 'signup' | 'reset'): void => this.#wrongCodes.labels(purpose).inc();

  readonly slowClientCut = (transport: 'socketio' | 'raw'): void => this.#cut.labels(transport).inc();

  /** Adds a value that is read on each scrape. @param label names what the keys of a reading of several values are */
  gauge(name: string, help: string, read: Reading, label?: string): void {
    const collect = async (): Promise<void> => {
      const reading = await read();
      if (typeof reading === 'number') return gauge.set(reading);
      gauge.reset();
      for (const [key, value] of Object.entries(reading)) gauge.labels(key).set(value);
    };
    const labelNames = label === undefined ? [] : [label];
    const gauge: Gauge = new Gauge({ name, help, labelNames, registers: [this.#registry], collect });
  }

  /** Everything, in Prometheus' text format, with the numbers of the process. */
  async scrape(): Promise<{ type: string; text: string }> {
    const { contentType } = this.#registry;
    const texts = await Promise.all([this.#registry.metrics(), processMetrics.metrics()]);
    return { type: contentType, text: texts.join('\n') };
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #tallies(name: string, help: string, labelNames: string[]): Tallies {
    return new Tallies({ name, help, labelNames }, this.#registry);
  }

  #histogram(name: string, help: string, labelNames: string[], buckets = LATENCY_BUCKETS_SEC): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}

/** Makes something once per key: the hot path finds its labelled child without building labels. */
function kept<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
