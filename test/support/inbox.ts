import { EventEmitter, once } from 'node:events';

/** An acknowledgement, as far as tests check it. */
// biome-ignore lint/suspicious/noExplicitAny: answers differ by operation, and a wrong shape shows in the assertion
export type Answer = Record<string, any> & {
  ok: boolean;
  status?: number;
  error: { code: string; message: string; fields?: { field: string; message: string }[]; retry_after?: number };
};
// biome-ignore lint/suspicious/noExplicitAny: as above
export type ServerEvent = Record<string, any> & { type: string };

const WITHIN_MS = 15_000;

/** The events that a client has received, in order. */
export class Inbox {
  readonly events: ServerEvent[] = [];
  readonly #taken = new WeakSet<ServerEvent>();
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  add(event: ServerEvent): void {
    this.events.push(event);
    this.#arrivals.emit('event');
  }

  /** All events of a type so far, including those that `next` has returned. */
  all(type: string): ServerEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** Returns the oldest event of a type and with these fields that `next` has not returned yet; waits up to 15 s for it. */
  async next(type: string, fields: object = {}, withinMs = WITHIN_MS): Promise<ServerEvent> {
    const signal = AbortSignal.timeout(withinMs);
    for (;;) {
      const event = this.events.find((each) => each.type === type && !this.#taken.has(each) && matches(each, fields));
      if (event !== undefined) {
        this.#taken.add(event);
        return event;
      }
      await once(this.#arrivals, 'event', { signal }).catch((cause: unknown) => {
        throw new Error(
          `no ${type} ${JSON.stringify(fields)} within ${withinMs} ms; there were ${JSON.stringify(this.events)}`,
          { cause },
        );
      });
    }
  }
}

const matches = (event: ServerEvent, fields: object) =>
  Object.entries(fields).every(([name, value]) => JSON.stringify(event[name]) === JSON.stringify(value));
