import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, watch } from './figures.ts';
import { bytesOf, type HttpRequest, HttpWire } from './http-wire.ts';
import type { Job } from './jobs.ts';
import { Latencies } from './latencies.ts';

export type RequestsOptions = {
  url: string;
  /** Asked in turn by every connection. */
  requests: readonly HttpRequest[];
  /** How many connections ask at once. */
  connections: number;
  watched: readonly number[];
};
export type RequestsWindow = { seconds: number; warmSeconds: number };

/** Asks over HTTP, each connection again as soon as it is answered. */
export async function requests({ url, requests: all, connections, watched }: RequestsOptions): Promise<Job> {
  const wires = Array.from({ length: connections }, () => new HttpWire(url));
  const texts = all.map(bytesOf);
  return { window: (options: RequestsWindow) => measure(wires, texts, watched, options) };
}

async function measure(
  wires: readonly HttpWire[],
  texts: readonly string[],
  watched: readonly number[],
  { seconds: length, warmSeconds }: RequestsWindow,
): Promise<Figures> {
  const latencies = new Latencies();
  let [open, refused, asked] = [true, 0, 0];
  const asking = wires.map(async (wire) => {
    while (open) {
      const began = performance.now();
      const text = texts[asked++ % texts.length] as string; // there are some
      if (await new Promise<boolean>((resolve) => wire.ask(text, resolve))) latencies.add(performance.now() - began);
      else refused += 1;
    }
  });
  await delay(warmSeconds * 1000);
  latencies.clear();
  refused = 0;
  const used = watch(watched);
  await delay(length * 1000);
  const { seconds, cpu, memory } = used();
  const answered = latencies.count;
  const figures = {
    rate: answered / seconds,
    ...latencies.figures(),
    cpu: cpu / answered,
    busy: cpu / 1e6 / seconds,
    memory,
    refused: refused / seconds,
  };
  open = false;
  await Promise.all(asking);
  if (refused > answered) throw new Error('most requests were refused');
  return figures;
}
