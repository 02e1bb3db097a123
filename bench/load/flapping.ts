import { setTimeout as delay } from 'node:timers/promises';
import { connectAll, quiet } from './chat.ts';
import { connectClient, type Member } from './clients.ts';
import { type Figures, watch } from './figures.ts';
import type { Job } from './jobs.ts';

/** Somebody who comes and goes, and the people who are told of it. */
export type FlappingOptions = { flapper: Member; contacts: readonly Member[]; watched: readonly number[] };
export type FlappingWindow = { seconds: number; perSecond: number };

const SETTLE_MS = 2_500;

/**
 * Comes and goes so many times a second, there for half of the time; counts what each contact is told. In the end the
 * flapper stays for a while, and everybody should have heard of it.
 */
export async function flapping({ flapper, contacts, watched }: FlappingOptions): Promise<Job> {
  const clients = await connectAll(contacts);
  await quiet(clients);
  async function window({ seconds: length, perSecond }: FlappingWindow): Promise<Figures> {
    let told = 0;
    for (const client of clients) {
      client.event = () => {
        told += 1;
      };
    }
    const used = watch(watched);
    for (let flap = 0; flap < length * perSecond; flap += 1) {
      const client = await connectClient(flapper);
      await delay(500 / perSecond);
      client.wire.close();
      await delay(500 / perSecond);
    }
    const { seconds, cpu, memory } = used();
    const perContact = told / seconds / clients.length;
    const last = await connectClient(flapper);
    await delay(SETTLE_MS);
    last.wire.close();
    return { perContact, settled: told / clients.length, busy: cpu / 1e6 / seconds, memory };
  }
  return { window };
}
