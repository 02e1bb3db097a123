import type { Chat, Readable } from 'mmchat-client';

type Readers = ReadonlyMap<number, ReadonlySet<number>>;

/** Who has read which message, by their ids, as far as it was told since this began to listen. */
export class KnownReaders implements Readable<Readers> {
  #readers: Readers = new Map();
  readonly #listeners = new Set<() => void>();

  readonly get = () => this.#readers;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** @returns how to stop listening */
  listenTo(chat: Chat): () => void {
    return chat.on('read_receipt', ({ message_ids, sender_id }) => {
      const added = message_ids.map((id) => [id, new Set([...(this.#readers.get(id) ?? []), sender_id])] as const);
      this.#readers = new Map([...this.#readers, ...added]);
      for (const listener of this.#listeners) listener();
    });
  }
}
