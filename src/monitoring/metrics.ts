import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../operation/errors.ts';
import type { Observer } from '../operation/observer.ts';
import type { OperationName, ServerEventName } from '../protocol.ts';
import { processMetrics } from './process-metrics.ts';

const LATENCY_BUCKETS_SEC = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const MS_PER_SEC = 1_000;

/** Reads the value of a gauge, or one value for each value of its label. */
type ReadGauge = () => number | Record<string, number> | Promise<Record<string, number>>;

type OperationMetrics = { seconds: Histogram.Internal<string>; results: (result: string) => Counter.Internal };

/** The metrics of one node, for Prometheus. Each app has its own, so that several can run in one process. */
export class Metrics implements Observer {
  readonly #registry = new Registry();
  readonly #operations = new Map<OperationName, OperationMetrics>();

  /** @param names the operations, which become labels */
  constructor(names: readonly OperationName[]) {
    for (const name of names) {
      const results = memoized((result: string) => this.#results.labels(name, result));
      this.#operations.set(name, { seconds: this.#seconds.labels(name), results });
    }
  }

  readonly #seconds = this.#histogram('mmchat_operation_seconds', 'Time to answer an operation.', ['operation']);
  readonly #results = this.#counter('mmchat_operations_total', 'Operations by result.', ['operation', 'result']);
  readonly #requests = this.#counter('mmchat_http_requests_total', 'HTTP requests by status.', ['status']);
  readonly #batches = this.#histogram('mmchat_commit_changes', 'Changes per group commit.', [], BATCH_BUCKETS);
  readonly #commits = this.#histogram('mmchat_commit_seconds', 'Time of a group commit.', []);
  readonly #events = this.#counter('mmchat_events_total', 'Events emitted by this node.', ['type']);
  readonly #deliveries = this.#counter('mmchat_event_deliveries_total', 'Sockets that events went to.', ['type']);
  readonly #lost = this.#counter('mmchat_publishes_lost_total', 'Publishes that did not reach Redis.', []);
  readonly #wrongCodes = this.#counter('mmchat_wrong_codes_total', 'One-time codes that were wrong.', ['purpose']);
  readonly #logLost = this.#counter('mmchat_log_lines_lost_total', 'Lines of the log that were dropped.', []);
  readonly #cut = this.#counter('mmchat_slow_clients_cut_total', 'Clients cut for not reading.', ['transport']);

  readonly #requestsOf = memoized((status: number) => this.#requests.labels(String(status)));
  readonly #emittedOf = memoized((type: string) => ({
    events: this.#events.labels(type),
    sockets: this.#deliveries.labels(type),
  }));

  readonly operation = (name: OperationName, result: 'ok' | ErrorCode, ms: number): void => {
    const metrics = this.#operations.get(name);
    if (metrics === undefined) return;
    metrics.seconds.observe(ms / MS_PER_SEC);
    metrics.results(result).inc();
  };

  readonly request = (status: number): void => {
    this.#requestsOf(status).inc();
  };

  readonly committed = (changes: number, ms: number): void => {
    this.#batches.observe(changes);
    this.#commits.observe(ms / MS_PER_SEC);
  };

  readonly emitted = (type: ServerEventName, sockets: number): void => {
    const metrics = this.#emittedOf(type);
    metrics.events.inc();
    metrics.sockets.inc(sockets);
  };

  readonly publishLost = (): void => this.#lost.inc();

  readonly wrongCode = (purpose: 'signup' | 'reset'): void => this.#wrongCodes.labels(purpose).inc();

  readonly logLineLost = (): void => this.#logLost.inc();

  readonly slowClientCut = (transport: 'socketio' | 'raw'): void => this.#cut.labels(transport).inc();

  /** Adds a gauge that is read on each scrape. @param label the name of the label, if `read` returns several values */
  gauge(name: string, help: string, read: ReadGauge, label?: string): void {
    const collect = async (): Promise<void> => {
      const reading = await read();
      if (typeof reading === 'number') return gauge.set(reading);
      gauge.reset();
      for (const [key, value] of Object.entries(reading)) gauge.labels(key).set(value);
    };
    const labelNames = label === undefined ? [] : [label];
    const gauge: Gauge = new Gauge({ name, help, labelNames, registers: [this.#registry], collect });
  }

  /** All metrics in Prometheus' text format, including those of the process. */
  async scrape(): Promise<{ type: string; text: string }> {
    const { contentType } = this.#registry;
    const texts = await Promise.all([this.#registry.metrics(), processMetrics.metrics()]);
    return { type: contentType, text: texts.join('\n') };
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets = LATENCY_BUCKETS_SEC): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}

/** Caches one value per key, so that hot paths need not look up labels. */
function memoized<Key, Value>(create: (key: Key) => Value): (key: Key) => Value {
  const cache = new Map<Key, Value>();
  return (key) => {
    let value = cache.get(key);
    if (value === undefined) {
      value = create(key);
      cache.set(key, value);
    }
    return value;
  };
}
