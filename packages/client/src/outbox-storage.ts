import { type OutboxEntry, parseEntry } from './outbox-entry.ts';
import type { OutboxStorage } from './platform.ts';

const PREFIX = 'mmchat:outbox:';
/** The last user: probably still the same one, before the server has confirmed it. */
const USER = 'mmchat:user';

export function lastUser(storage: OutboxStorage): number | undefined {
  const id = Number(storage.getItem(USER) ?? 0);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** A user's outbox in storage: one key per entry, so that tabs do not overwrite each other's entries. */
export class UserOutboxStorage {
  readonly userId: number;
  readonly #storage: OutboxStorage;
  readonly #prefix: string;

  constructor(storage: OutboxStorage, userId: number) {
    this.userId = userId;
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

  /** @returns false if the storage is full: then the entry lasts only as long as the page */
  put({ clientMessageId, ...entry }: OutboxEntry): boolean {
    return this.#set(this.#prefix + clientMessageId, JSON.stringify(entry));
  }

  /** Stores the user's id for `lastUser`. */
  remember(): void {
    this.#set(USER, String(this.userId));
  }

  forget(): void {
    this.#storage.removeItem(USER);
  }

  #set(key: string, value: string): boolean {
    try {
      this.#storage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  }

  remove(clientMessageId: string): void {
    this.#storage.removeItem(this.#prefix + clientMessageId);
  }
}
