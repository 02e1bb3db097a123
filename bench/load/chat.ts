import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, measureUsage } from '../measurement/figures.ts';
import { type Client, type ClientOptions, connectClient } from './clients.ts';
import { Latencies } from './latencies.ts';
import type { Workload } from './workload.ts';

export type ChatOptions = {
  clients: readonly ClientOptions[];
  /** The processes whose CPU and memory are measured. */
  pids: readonly number[];
};
/** Either sends in flight per sender (closed loop), or sends per second of all senders together (open loop). */
export type ChatWindow = { seconds: number; warmSeconds: number } & ({ inFlight: number } | { perSecond: number });

type Sender = { client: Client; fields: string };

const CONNECTING_AT_ONCE = 50;
const QUIET_MS = 300;
const QUIET_WITHIN_MS = 20_000;
const TICK_MS = 1;
const DRAIN_WITHIN_MS = 5_000;
/** Makes MmChat's events about 220 bytes long. */
const CONTENT = 'Shall we meet at the station at a quarter past five?';

/** Connects all clients and waits until they receive nothing more. */
export async function chat({ clients: all, pids }: ChatOptions): Promise<Workload> {
  const clients = await connectAll(all);
  const senders = clients.flatMap((client, index) => {
    const { conversationId } = all[index] as ClientOptions; // connectAll() returns one client for each
    return conversationId === undefined
      ? []
      : [{ client, fields: `"conversation_id":${conversationId},"content":"${CONTENT}"` }];
  });
  await waitUntilQuiet(clients);
  return { window: (options: ChatWindow) => new SendWindow(clients, senders, pids).run(options) };
}

export async function connectAll(all: readonly ClientOptions[]): Promise<Client[]> {
  const clients: Client[] = [];
  for (let start = 0; start < all.length; start += CONNECTING_AT_ONCE)
    clients.push(...(await Promise.all(all.slice(start, start + CONNECTING_AT_ONCE).map(connectClient))));
  return clients;
}

/** Waits until no client has received an event for a while: presence of new clients is announced with a delay. */
export async function waitUntilQuiet(clients: readonly Client[]): Promise<void> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  let lastAt = performance.now();
  const onEvent = () => {
    lastAt = performance.now();
  };
  for (const client of clients) client.onEvent = onEvent;
  while (performance.now() - lastAt < QUIET_MS && performance.now() < deadline) await delay(QUIET_MS / 10);
  for (const client of clients) delete client.onEvent;
}

const receivedBy = (clients: readonly Client[]) => clients.reduce((sum, { received }) => sum + received, 0);

/** Sends for a while, first unmeasured as a warm-up, then measured. */
class SendWindow {
  readonly #clients: readonly Client[];
  readonly #senders: readonly Sender[];
  readonly #pids: readonly number[];
  readonly #latencies = new Latencies();
  #accepted = 0;
  #refused = 0;
  #inFlight = 0;
  #open = true;
  /** Closed loop: each acknowledgement triggers the next send. */
  #keepInFlight = false;

  constructor(clients: readonly Client[], senders: readonly Sender[], pids: readonly number[]) {
    this.#clients = clients;
    this.#senders = senders;
    this.#pids = pids;
  }

  async run(options: ChatWindow): Promise<Figures> {
    const pacing = 'perSecond' in options ? this.#pace(options.perSecond) : this.#fill(options.inFlight);
    await delay(options.warmSeconds * 1000);
    this.#latencies.clear();
    [this.#accepted, this.#refused] = [0, 0];
    const [receivedBefore, usage] = [receivedBy(this.#clients), measureUsage(this.#pids)];
    await delay(options.seconds * 1000);
    const { seconds, cpu, memory } = usage();
    const deliveries = receivedBy(this.#clients) - receivedBefore;
    const figures = {
      rate: this.#accepted / seconds,
      ...this.#latencies.figures(),
      cpu: cpu / this.#accepted,
      deliveryRate: deliveries / seconds,
      deliveryCpu: cpu / deliveries,
      busy: cpu / 1e6 / seconds,
      memory,
      refused: this.#refused / seconds,
    };
    this.#open = false;
    await pacing;
    await this.#drain();
    if (this.#clients.some(({ connection }) => connection.closed))
      throw new Error('the server closed connections under load');
    return figures;
  }

  async #fill(inFlight: number): Promise<void> {
    this.#keepInFlight = true;
    for (let round = 0; round < inFlight; round += 1)
      for (const sender of this.#senders) this.#send(sender, performance.now());
  }

  /** Open loop: latency counts from when a send was due, so that a stalled server does not reduce the measured latency. */
  async #pace(perSecond: number): Promise<void> {
    const began = performance.now();
    let sent = 0;
    while (this.#open) {
      const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
      for (; sent < due; sent += 1) {
        const sender = this.#senders[sent % this.#senders.length] as Sender; // never empty
        this.#send(sender, began + ((sent + 1) / perSecond) * 1000);
      }
      await delay(TICK_MS);
    }
  }

  #send(sender: Sender, began: number): void {
    this.#inFlight += 1;
    sender.client.call('message', sender.fields, (ok) => {
      const now = performance.now();
      this.#inFlight -= 1;
      if (ok) {
        this.#accepted += 1;
        this.#latencies.add(now - began);
      } else this.#refused += 1;
      if (this.#keepInFlight && this.#open) this.#send(sender, now);
    });
  }

  async #drain(): Promise<void> {
    const deadline = performance.now() + DRAIN_WITHIN_MS;
    while (this.#inFlight > 0 && performance.now() < deadline) await delay(TICK_MS);
    if (this.#inFlight > 0) throw new Error(`${this.#inFlight} sends were not acknowledged`);
    await waitUntilQuiet(this.#clients);
  }
}
