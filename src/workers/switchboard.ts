import cluster, { type Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { HERE, MISSED } from './channel.ts';
import { Line, PRIMARY, type Said, saidIn } from './line.ts';

/** What answers in the primary itself. */
type Service = (text: string, from: number) => void;

/** The primary's end of every worker's channel: it passes on what they say to each other without looking into it. */
export class Switchboard {
  readonly #lines = new Map<number, Line>();
  readonly #services = new Map<string, Service>();
  readonly #kept: { topic: string; most: number; said: Said[] };
  readonly #droppable: string;

  /**
   * @param droppable the topic of what may be dropped for a worker that does not read
   * @param kept the topic of what is said again to workers that come later, and how much of it
   */
  constructor(droppable: string, kept: { topic: string; most: number }) {
    this.#droppable = droppable;
    this.#kept = { ...kept, said: [] };
  }

  /** Answers a topic in the primary. */
  serve(topic: string, service: Service): void {
    this.#services.set(topic, service);
  }

  /** Says something to one worker; nothing if it is gone. */
  say(to: number, topic: string, text: string): void {
    this.#lines.get(to)?.say([{ topic, text, from: PRIMARY }]);
  }

  connect(worker: Worker): void {
    worker.on('error', () => undefined); // it is gone, and its end says so
    worker.on('message', (message: unknown, socket: Socket | undefined) => {
      const said = saidIn(message);
      if (socket !== undefined) this.#hand(said, socket);
      else if (said.length > 0) this.#pass(worker, said);
    });
  }

  /** @param lost whether the worker may have died before it told the others what it had committed */
  disconnect({ id }: Worker, lost: boolean): void {
    this.#lines.delete(id);
    if (lost) for (const other of this.#lines.keys()) this.say(other, MISSED, '');
  }

  #pass(worker: Worker, said: readonly Said[]): void {
    for (const { topic, text, to } of said) {
      if (topic === HERE) this.#admit(worker);
      else if (to === PRIMARY) this.#services.get(topic)?.(text, worker.id);
    }
    for (const [id, line] of this.#lines) {
      const theirs = id === worker.id ? [] : said.filter(({ to }) => to === undefined || to === id);
      const sent = theirs.filter(({ topic }) => topic !== this.#droppable || !line.isFull());
      if (sent.length > 0) line.say(sent);
    }
    this.#keep(said);
  }

  #admit(worker: Worker): void {
    const line: Line = new Line(
      (packet, sent) => void worker.send(packet, undefined, sent),
      () => this.say(worker.id, MISSED, ''),
    );
    this.#lines.set(worker.id, line);
    if (this.#kept.said.length > 0) line.say(this.#kept.said);
  }

  #keep(said: readonly Said[]): void {
    this.#kept.said.push(...said.filter(({ topic }) => topic === this.#kept.topic));
    this.#kept.said.splice(0, this.#kept.said.length - this.#kept.most);
  }

  /** A connection is handed on with what belongs to it, to the one whom it is for. */
  #hand(said: readonly Said[], socket: Socket): void {
    const target = said[0]?.to;
    if (target === undefined || !this.#lines.has(target)) return void socket.destroy();
    cluster.workers?.[target]?.send({ said }, socket, () => socket.destroy());
  }
}
