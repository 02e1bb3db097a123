import type { ServerEventName, ServerEvents } from './protocol.ts';

type Listener<Name extends ServerEventName> = (payload: ServerEvents[Name]) => void;

/** Emits events to the listeners of their name. */
export class Emitter {
  readonly #listeners = new Map<ServerEventName, Set<(payload: never) => void>>();

  /** @returns a function that removes the listener */
  on<Name extends ServerEventName>(name: Name, listener: Listener<Name>): () => void {
    const own: Listener<Name> = (payload) => listener(payload);
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(own));
    return () => void all.delete(own);
  }

  emit<Name extends ServerEventName>(name: Name, payload: ServerEvents[Name]): void {
    // an error of a listener does not affect the others; the map pairs names with payloads
    for (const listener of this.#listeners.get(name) ?? []) queueMicrotask(() => listener(payload as never));
  }
}
