import type { Figures } from '../measurement/figures.ts';
import { median } from '../measurement/statistics.ts';
import { type Client, type ClientOptions, connectClient } from './clients.ts';
import type { Workload } from './workload.ts';

/** A call to be timed: its name in the report, the index of the client that makes it, and its JSON fields. */
export type TimedCall = { name: string; client: number; operation: string; fields: string };
export type OperationsOptions = { clients: readonly ClientOptions[]; calls: readonly TimedCall[] };
export type OperationsWindow = { times: number };

const WARM_TIMES = 3;

/** Repeats each call, one at a time. The figures are median latencies in milliseconds, by the name of the call. */
export async function operations({ clients: all, calls }: OperationsOptions): Promise<Workload> {
  const clients = await Promise.all(all.map(connectClient));
  return {
    async window({ times }: OperationsWindow): Promise<Figures> {
      const figures: Record<string, number> = {};
      for (const call of calls) figures[call.name] = await latencyOf(call, clients, times);
      return figures;
    },
  };
}

async function latencyOf(
  { client: index, operation, fields }: TimedCall,
  clients: readonly Client[],
  times: number,
): Promise<number> {
  const client = clients[index] as Client; // the scenario only uses indexes that exist
  const latencies: number[] = [];
  for (let time = -WARM_TIMES; time < times; time += 1) {
    const began = performance.now();
    await call(client, operation, fields);
    if (time >= 0) latencies.push(performance.now() - began);
  }
  return median(latencies);
}

const call = (client: Client, operation: string, fields: string) =>
  new Promise<void>((resolve, reject) =>
    client.call(operation, fields, (ok, buffer, start, end) => {
      if (ok) resolve();
      else reject(new Error(`${operation}: ${buffer.toString('utf8', start, end)}`));
    }),
  );
