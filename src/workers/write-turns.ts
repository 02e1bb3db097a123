import type { TakeTurn } from '../database.ts';
import type { Channel } from './channel.ts';
import { PRIMARY } from './line.ts';
import type { Switchboard } from './switchboard.ts';

type Ticket = { readonly worker: number; readonly name: string };

const TOPIC = 'turn';
/** Who holds the turn for so long stands still or is gone: SQLite's own lock keeps the file right without it. */
const LONGEST_TURN_MS = 2_000;

/**
 * Lets workers write to their SQLite file one after the other, in the order in which they asked. SQLite's own lock would
 * have them look again and again, unfairly, and stand still meanwhile.
 */
export class WriteTurns {
  readonly #switchboard: Switchboard;
  readonly #waiting: Ticket[] = [];
  #holder: Ticket | undefined;
  #lease: NodeJS.Timeout | undefined;

  constructor(switchboard: Switchboard) {
    this.#switchboard = switchboard;
    switchboard.serve(TOPIC, (text, worker) => {
      const [verb, name = ''] = text.split(' ');
      if (verb === 'take') this.#take({ worker, name });
      else if (this.#holder?.worker === worker && this.#holder.name === name) this.#next();
    });
  }

  /** A worker that is gone writes no more. */
  gone(worker: number): void {
    const left = this.#waiting.filter((ticket) => ticket.worker !== worker);
    this.#waiting.splice(0, this.#waiting.length, ...left);
    if (this.#holder?.worker === worker) this.#next();
  }

  #take(ticket: Ticket): void {
    this.#waiting.push(ticket);
    if (this.#holder === undefined) this.#next();
  }

  #next(): void {
    clearTimeout(this.#lease);
    this.#holder = this.#waiting.shift();
    if (this.#holder === undefined) return;
    this.#lease = setTimeout(() => this.#next(), LONGEST_TURN_MS).unref();
    this.#switchboard.say(this.#holder.worker, TOPIC, this.#holder.name);
  }
}

/** A worker's way to its turns. */
export function writeTurnsThrough(channel: Channel): TakeTurn {
  const waiting = new Map<string, () => void>();
  let asked = 0;
  channel.hear(TOPIC, (name) => {
    waiting.get(name)?.();
    waiting.delete(name);
  });
  return async () => {
    asked += 1;
    const name = String(asked);
    const { promise: mine, resolve } = Promise.withResolvers<void>();
    waiting.set(name, resolve);
    channel.say(TOPIC, `take ${name}`, PRIMARY);
    await mine;
    return () => channel.say(TOPIC, `give ${name}`, PRIMARY);
  };
}
