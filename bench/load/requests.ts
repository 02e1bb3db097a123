import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, measureUsage } from '../measurement/figures.ts';
import { HttpConnection, type HttpRequest, serialize } from './http-connection.ts';
import { Latencies } from './latencies.ts';
import type { Workload } from './workload.ts';

export type RequestsOptions = {
  url: string;
  /** Sent round robin by all connections. */
  requests: readonly HttpRequest[];
  /** Number of concurrent connections. */
  connections: number;
  /** The processes whose CPU and memory are measured. */
  pids: readonly number[];
};
export type RequestsWindow = { seconds: number; warmSeconds: number };

/** Sends HTTP requests; each connection sends the next one as soon as it has a response. */
export async function requests({ url, requests: all, connections, pids }: RequestsOptions): Promise<Workload> {
  const open = Array.from({ length: connections }, () => new HttpConnection(url));
  const texts = all.map(serialize);
  return { window: (options: RequestsWindow) => measure(open, texts, pids, options) };
}

async function measure(
  connections: readonly HttpConnection[],
  texts: readonly string[],
  pids: readonly number[],
  { seconds: length, warmSeconds }: RequestsWindow,
): Promise<Figures> {
  const latencies = new Latencies();
  let [open, refused, sent] = [true, 0, 0];
  const sending = connections.map(async (connection) => {
    while (open) {
      const began = performance.now();
      const text = texts[sent++ % texts.length] as string; // never empty
      if (await new Promise<boolean>((resolve) => connection.send(text, resolve)))
        latencies.add(performance.now() - began);
      else refused += 1;
    }
  });
  await delay(warmSeconds * 1000);
  latencies.clear();
  refused = 0;
  const usage = measureUsage(pids);
  await delay(length * 1000);
  const { seconds, cpu, memory } = usage();
  const accepted = latencies.count;
  const figures = {
    rate: accepted / seconds,
    ...latencies.figures(),
    cpu: cpu / accepted,
    busy: cpu / 1e6 / seconds,
    memory,
    refused: refused / seconds,
  };
  open = false;
  await Promise.all(sending);
  if (refused > accepted) throw new Error('most requests were refused');
  return figures;
}
