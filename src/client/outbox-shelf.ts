import { type OutboxEntry, parseEntry } from './outbox-entry.ts';
import type { OutboxStorage } from './surroundings.ts';

const PREFIX = 'mmchat:outbox:';

/** A user's outbox in storage: one key an entry, so that several tabs never write over each other's. */
export class OutboxShelf {
  readonly #storage: OutboxStorage;
  readonly #prefix: string;

  constructor(storage: OutboxStorage, userId: number) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}${userId}:`;
  }

  /** In the order of sending. */
  read(): OutboxEntry[] {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index) ?? '');
    const entries = keys
      .filter((key) => key.startsWith(this.#prefix))
      .flatMap((key) => parseEntry(key.slice(this.#prefix.length), this.#storage.getItem(key)) ?? []);
    return entries.sort((a, b) => a.createdAt - b.createdAt);
  }

  has(clientMessageId: string): boolean {
    return this.#storage.getItem(this.#prefix + clientMessageId) !== null;
  }

  /** @returns false where the storage is full: then the entry lives as long as this page */
  put({ clientMessageId, ...entry }: OutboxEntry): boolean {
    try {
      this.#storage.setItem(this.#prefix + clientMessageId, JSON.stringify(entry));
      return true;
    } catch {
      return false;
    }
  }

  remove(clientMessageId: string): void {
    this.#storage.removeItem(this.#prefix + clientMessageId);
  }
}
