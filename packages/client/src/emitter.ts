import type { ServerEventName, ServerEvents } from './protocol.ts';

type Hear<Name extends ServerEventName> = (payload: ServerEvents[Name]) => void;

/** Tells listeners of events by their names. */
export class Emitter {
  readonly #listeners = new Map<ServerEventName, Set<(payload: never) => void>>();

  /** @returns how to stop listening */
  on<Name extends ServerEventName>(name: Name, listener: Hear<Name>): () => void {
    const own: Hear<Name> = (payload) => listener(payload);
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(own));
    return () => void all.delete(own);
  }

  emit<Name extends ServerEventName>(name: Name, payload: ServerEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) queueMicrotask(() => listener(payload as never)); // whatever it throws is its own; the set pairs names with payloads
  }
}
