import { setTimeout as delay } from 'node:timers/promises';
import { connectAll } from './chat.ts';
import type { Client, Member } from './clients.ts';
import { type Figures, watch } from './figures.ts';
import type { Job } from './jobs.ts';

export type ConnectingOptions = { members: readonly Member[]; watched: readonly number[] };
/** Whether the connections are held until the next window, or closed at once. */
export type ConnectingWindow = { hold: boolean };

const PARTING_MS = 300;

/** Connects everybody as quickly as may be, fifty at a time. */
export async function connecting({ members, watched }: ConnectingOptions): Promise<Job> {
  let clients: Client[] = [];
  const close = () => clients.forEach(({ wire }) => void wire.close());
  async function window({ hold }: ConnectingWindow): Promise<Figures> {
    close();
    const used = watch(watched);
    clients = await connectAll(members);
    const { seconds, cpu, memory } = used();
    if (!hold) {
      close();
      await delay(PARTING_MS);
    }
    return { seconds, rate: members.length / seconds, cpu: cpu / members.length, memory };
  }
  return { window };
}
