import { setTimeout as delay } from 'node:timers/promises';
import { type Client, connectClient, type Member } from './clients.ts';
import { type Figures, watch } from './figures.ts';
import type { Job } from './jobs.ts';
import { Latencies } from './latencies.ts';

export type ChatOptions = {
  members: readonly Member[];
  /** The processes whose CPU and memory are measured: the server's. */
  watched: readonly number[];
};
/** Either so many sends in flight for each sender, or so many a second from all senders together. */
export type ChatWindow = { seconds: number; warmSeconds: number } & ({ inFlight: number } | { perSecond: number });

type Sender = { client: Client; fields: string };

const AT_ONCE = 50;
const QUIET_MS = 300;
const QUIET_WITHIN_MS = 20_000;
const TICK_MS = 1;
const DRAIN_WITHIN_MS = 5_000;
/** With it our events are about 220 bytes long. */
const CONTENT = 'Shall we meet at the station at a quarter past five?';

/** Connects everybody, waits until nothing more is told, and is ready to send. */
export async function chat({ members, watched }: ChatOptions): Promise<Job> {
  const clients = await connectAll(members);
  const senders = clients.flatMap((client, index) => {
    const { conversationId } = members[index] as Member; // as many as clients
    return conversationId === undefined
      ? []
      : [{ client, fields: `"conversation_id":${conversationId},"content":"${CONTENT}"` }];
  });
  await quiet(clients);
  return { window: (options: ChatWindow) => new Window(clients, senders, watched).run(options) };
}

export async function connectAll(members: readonly Member[]): Promise<Client[]> {
  const clients: Client[] = [];
  for (let start = 0; start < members.length; start += AT_ONCE)
    clients.push(...(await Promise.all(members.slice(start, start + AT_ONCE).map(connectClient))));
  return clients;
}

/** Waits until nobody is told anything: who came is announced for a while. */
export async function quiet(clients: readonly Client[]): Promise<void> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  let lastAt = performance.now();
  const heard = () => {
    lastAt = performance.now();
  };
  for (const client of clients) client.event = heard;
  while (performance.now() - lastAt < QUIET_MS && performance.now() < deadline) await delay(QUIET_MS / 10);
  for (const client of clients) delete client.event;
}

const told = (clients: readonly Client[]) => clients.reduce((sum, client) => sum + client.told, 0);

/** Sends for a while: first to warm up, then measured. */
class Window {
  readonly #clients: readonly Client[];
  readonly #senders: readonly Sender[];
  readonly #watched: readonly number[];
  readonly #latencies = new Latencies();
  #accepted = 0;
  #refused = 0;
  #inFlight = 0;
  #open = true;
  /** Nothing is sent after this one's acknowledgement, while others are still waited for. */
  #keepInFlight = false;

  constructor(clients: readonly Client[], senders: readonly Sender[], watched: readonly number[]) {
    this.#clients = clients;
    this.#senders = senders;
    this.#watched = watched;
  }

  async run(options: ChatWindow): Promise<Figures> {
    const pacing = 'perSecond' in options ? this.#pace(options.perSecond) : this.#fill(options.inFlight);
    await delay(options.warmSeconds * 1000);
    this.#latencies.clear();
    [this.#accepted, this.#refused] = [0, 0];
    const [toldBefore, used] = [told(this.#clients), watch(this.#watched)];
    await delay(options.seconds * 1000);
    const { seconds, cpu, memory } = used();
    const deliveries = told(this.#clients) - toldBefore;
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
    if (this.#clients.some(({ wire }) => wire.closed)) throw new Error('the server has closed connections under load');
    return figures;
  }

  async #fill(inFlight: number): Promise<void> {
    this.#keepInFlight = true;
    for (let round = 0; round < inFlight; round += 1)
      for (const sender of this.#senders) this.#send(sender, performance.now());
  }

  /** Open loop: latencies count from when a send was due, so a server that stalls is not spared. */
  async #pace(perSecond: number): Promise<void> {
    const began = performance.now();
    let sent = 0;
    while (this.#open) {
      const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
      for (; sent < due; sent += 1) {
        const sender = this.#senders[sent % this.#senders.length] as Sender; // there are some
        this.#send(sender, began + ((sent + 1) / perSecond) * 1000);
      }
      await delay(TICK_MS);
    }
  }

  #send(sender: Sender, began: number): void {
    this.#inFlight += 1;
    sender.client.ask('message', sender.fields, (ok) => {
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
    if (this.#inFlight > 0) throw new Error(`${this.#inFlight} sends were never answered`);
    await quiet(this.#clients);
  }
}
