import type { Socket } from 'node:net';
import { Line, PRIMARY, type Said, saidIn } from './line.ts';

/** What one of several workers has in common with the others. */
export type Colleagues = Readonly<{
  channel: Channel;
  /** Its place among them, from 1 on; who replaces it gets the same. */
  place: number;
  /** How many there are. */
  count: number;
  /** A folder for the sockets by which they reach each other. */
  folder: string;
}>;
type Hearer = (text: string, from: number, socket: Socket | undefined) => void;

/** Said by the primary when messages may have been missed. */
export const MISSED = 'missed';
/** Said to the primary by a worker that hears from now on. */
export const HERE = 'here';

/**
 * A worker's end of the cluster's own channel, on which the primary passes messages on. What one turn says is one
 * packet: a group commit says as much at once as it had changes.
 */
export class Channel {
  /** This process's number, which no later one gets. */
  readonly id: number;
  readonly #hearers = new Map<string, Hearer>();
  readonly #line: Line;
  #saying: Said[] = [];

  constructor(id: number) {
    this.id = id;
    this.#line = new Line(
      (packet, sent) => process.send?.(packet, undefined, {}, sent),
      () => this.#hearers.get(MISSED)?.('', PRIMARY, undefined),
    );
    process.on('message', (message, socket) => this.#receive(saidIn(message), socket as Socket | undefined)); // no other kind is passed
    this.say(HERE, '', PRIMARY);
  }

  /** Whether the primary is there. */
  get open(): boolean {
    return process.connected;
  }

  /** Says something to all other workers, or to one. */
  say(topic: string, text: string, to?: number): void {
    this.#saying.push({ topic, text, from: this.id, ...(to !== undefined && { to }) });
    if (this.#saying.length === 1) queueMicrotask(() => this.#line.say(this.#saying.splice(0)));
  }

  /** Says something to all other workers, unless too much waits already. @returns whether it was said */
  offer(topic: string, text: string): boolean {
    if (this.#line.isFull()) return false;
    this.say(topic, text);
    return true;
  }

  /** Hands a connection over to another worker: from here on it is gone in this process. */
  hand(topic: string, text: string, to: number, socket: Socket): void {
    const packet = { said: [{ topic, text, from: this.id, to }] };
    process.send?.(packet, socket, {}, () => socket.destroy());
  }

  /** Hears what is said under a topic; one hearer each. */
  hear(topic: string, hearer: Hearer): void {
    this.#hearers.set(topic, hearer);
  }

  #receive(said: readonly Said[], socket: Socket | undefined): void {
    for (const { topic, text, from } of said) this.#hearers.get(topic)?.(text, from, socket);
  }
}
