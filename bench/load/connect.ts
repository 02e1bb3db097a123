import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, measureUsage } from '../measurement/figures.ts';
import { connectAll } from './chat.ts';
import type { Client, ClientOptions } from './clients.ts';
import type { Workload } from './workload.ts';

export type ConnectOptions = { clients: readonly ClientOptions[]; pids: readonly number[] };
/** `hold` keeps the connections open until the next window instead of closing them at once. */
export type ConnectWindow = { hold: boolean };

const CLOSE_MS = 300;

/** Connects all clients as fast as possible, fifty at a time. */
export async function connect({ clients: all, pids }: ConnectOptions): Promise<Workload> {
  let clients: Client[] = [];
  const close = () => clients.forEach(({ connection }) => void connection.close());
  async function window({ hold }: ConnectWindow): Promise<Figures> {
    close();
    const usage = measureUsage(pids);
    clients = await connectAll(all);
    const { seconds, cpu, memory } = usage();
    if (!hold) {
      close();
      await delay(CLOSE_MS);
    }
    return { seconds, rate: all.length / seconds, cpu: cpu / all.length, memory };
  }
  return { window };
}
