import type { ServerEventName, ServerEvents } from '../protocol.ts';

/** Events that a client hears beside the nine that every client does. */
export type ClientEvents = ServerEvents & {
  /** `user_id` has confirmed everything up to `seq`. */
  delivery_receipt: { conversation_id: number; seq: number; user_id: number };
};
export type ClientEventName = ServerEventName | 'delivery_receipt';
type Hear<Name extends ClientEventName> = (payload: ClientEvents[Name]) => void;

/** Tells listeners of events by their names. */
export class Emitter {
  readonly #listeners = new Map<ClientEventName, Set<(payload: never) => void>>();

  /** @returns how to stop listening */
  on<Name extends ClientEventName>(name: Name, listener: Hear<Name>): () => void {
    const own: Hear<Name> = (payload) => listener(payload);
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(own));
    return () => void all.delete(own);
  }

  emit<Name extends ClientEventName>(name: Name, payload: ClientEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) queueMicrotask(() => listener(payload as never)); // whatever it throws is its own; the set pairs names with payloads
  }
}
