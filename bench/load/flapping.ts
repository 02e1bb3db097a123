import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, measureUsage } from '../measurement/figures.ts';
import { connectAll, waitUntilQuiet } from './chat.ts';
import { type ClientOptions, connectClient } from './clients.ts';
import type { Workload } from './workload.ts';

/** A client that connects and disconnects repeatedly, and the contacts that receive its presence. */
export type FlappingOptions = { flapper: ClientOptions; contacts: readonly ClientOptions[]; pids: readonly number[] };
export type FlappingWindow = { seconds: number; perSecond: number };

const SETTLE_MS = 2_500;

/**
 * Connects and disconnects `perSecond` times a second, connected for half of the time, and counts the events of all
 * contacts. At the end the client stays connected for a while, so that every contact should have received an event.
 */
export async function flapping({ flapper, contacts, pids }: FlappingOptions): Promise<Workload> {
  const clients = await connectAll(contacts);
  await waitUntilQuiet(clients);
  async function window({ seconds: length, perSecond }: FlappingWindow): Promise<Figures> {
    let events = 0;
    for (const client of clients) {
      client.onEvent = () => {
        events += 1;
      };
    }
    const usage = measureUsage(pids);
    for (let flap = 0; flap < length * perSecond; flap += 1) {
      const client = await connectClient(flapper);
      await delay(500 / perSecond);
      client.connection.close();
      await delay(500 / perSecond);
    }
    const { seconds, cpu, memory } = usage();
    const perContact = events / seconds / clients.length;
    const last = await connectClient(flapper);
    await delay(SETTLE_MS);
    last.connection.close();
    return { perContact, settled: events / clients.length, busy: cpu / 1e6 / seconds, memory };
  }
  return { window };
}
