import { median } from '../measuring/numbers.ts';
import { type Client, connectClient, type Member } from './clients.ts';
import type { Figures } from './figures.ts';
import type { Job } from './jobs.ts';

/** An operation that somebody asks for: by which name it is reported, whom it is asked by, and with which fields. */
export type Asked = { name: string; member: number; operation: string; fields: string };
export type OperationsOptions = { members: readonly Member[]; asked: readonly Asked[] };
export type OperationsWindow = { times: number };

const WARM_TIMES = 3;

/** Asks for each operation again and again, one at a time. Its figures are median latencies in milliseconds, by name. */
export async function operations({ members, asked }: OperationsOptions): Promise<Job> {
  const clients = await Promise.all(members.map(connectClient));
  return {
    async window({ times }: OperationsWindow): Promise<Figures> {
      const figures: Record<string, number> = {};
      for (const each of asked) figures[each.name] = await latency(clients, each, times);
      return figures;
    },
  };
}

async function latency(
  clients: readonly Client[],
  { member, operation, fields }: Asked,
  times: number,
): Promise<number> {
  const client = clients[member] as Client; // as many as members
  const taken: number[] = [];
  for (let time = -WARM_TIMES; time < times; time += 1) {
    const began = performance.now();
    await answered(client, operation, fields);
    if (time >= 0) taken.push(performance.now() - began);
  }
  return median(taken);
}

const answered = (client: Client, operation: string, fields: string) =>
  new Promise<void>((resolve, reject) =>
    client.ask(operation, fields, (ok, buffer, start, end) => {
      if (ok) resolve();
      else reject(new Error(`${operation}: ${buffer.toString('utf8', start, end)}`));
    }),
  );
