import type { Chat, Store } from 'mmchat-client';

type Readers = ReadonlyMap<number, ReadonlySet<number>>;

/** The readers of each message, by their ids, from the read receipts since `listenTo`. */
export class ReadersStore implements Store<Readers> {
  #readers: Readers = new Map();
  readonly #listeners = new Set<() => void>();

  readonly get = () => this.#readers;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** @returns a function that stops listening */
  listenTo(chat: Chat): () => void {
    return chat.on('read_receipt', ({ message_ids, sender_id }) => {
      const added = message_ids.map((id) => [id, new Set([...(this.#readers.get(id) ?? []), sender_id])] as const);
      this.#readers = new Map([...this.#readers, ...added]);
      for (const listener of this.#listeners) listener();
    });
  }
}
