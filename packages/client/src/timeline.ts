import { higherStatus, type StoredMessage } from './stored-message.ts';

type Patch = Partial<Pick<StoredMessage, 'content' | 'editedAt' | 'deleted' | 'status'>>;

/**
 * The messages of a conversation from some point on, without gaps. Older ones are loaded page by page; changes that
 * arrive while a page is loading are applied after it, because the page may be older.
 */
export class Timeline {
  /** Whether the server has messages before the oldest one here. */
  hasOlder = true;
  /** Every message from this `seq` on is here; none at first. */
  #from = Number.POSITIVE_INFINITY;
  readonly #messages = new Map<number, StoredMessage>();
  #sorted: readonly StoredMessage[] | undefined;
  #deferred: (() => void)[] = [];
  #expectedPage: object | undefined;

  get isLoaded(): boolean {
    return this.#from !== Number.POSITIVE_INFINITY;
  }

  get isLoading(): boolean {
    return this.#expectedPage !== undefined;
  }

  /** Oldest first. */
  get messages(): readonly StoredMessage[] {
    this.#sorted ??= [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(id: number): StoredMessage | undefined {
    return this.#messages.get(id);
  }

  /** Adds a message, or replaces it by a newer version. */
  upsert(message: StoredMessage): void {
    const known = this.#messages.get(message.id);
    if (known === undefined && message.seq < this.#from) return this.#defer(() => this.upsert(message));
    if (known !== undefined && message.changed < known.changed) return this.raiseStatus(message.id, message.status);
    this.#put({ ...message, status: higherStatus(message.status, known?.status ?? 'sent') });
  }

  /** Applies a change of a message with the `seq` `changed`. */
  update(id: number, changed: number, patch: Patch): void {
    const known = this.#messages.get(id);
    if (known === undefined) return this.#defer(() => this.update(id, changed, patch));
    if (changed > known.changed) this.#put({ ...known, ...patch, changed });
  }

  raiseStatus(id: number, status: StoredMessage['status']): void {
    const known = this.#messages.get(id);
    if (known === undefined) return this.#defer(() => this.raiseStatus(id, status));
    const raised = higherStatus(status, known.status);
    if (raised !== known.status) this.#put({ ...known, status: raised });
  }

  /** Changes a sender's name. @returns whether any message showed the old one */
  renameSender(senderId: number, username: string): boolean {
    this.#defer(() => this.renameSender(senderId, username));
    const old = [...this.#messages.values()].filter(
      ({ senderId: id, senderUsername }) => id === senderId && senderUsername !== username,
    );
    for (const message of old) this.#put({ ...message, senderUsername: username });
    return old.length > 0;
  }

  /** Fetched messages have the current names of their senders: applies them to the older messages. */
  renameSenders(messages: readonly StoredMessage[]): void {
    const names = new Map(messages.map(({ senderId, senderUsername }) => [senderId, senderUsername]));
    for (const [senderId, username] of names) this.renameSender(senderId, username);
  }

  /**
   * A page of older messages was requested. @returns a function that applies the page; without an argument, gives up
   * waiting for it
   */
  expectPage(): (page?: { messages: readonly StoredMessage[]; hasOlder: boolean }) => void {
    const page = {};
    this.#expectedPage = page;
    return (given) => {
      if (this.#expectedPage !== page) return; // reset since
      this.#expectedPage = undefined;
      const deferred = this.#deferred;
      this.#deferred = [];
      if (given === undefined) return;
      this.hasOlder = given.hasOlder;
      this.#from = given.hasOlder ? Math.min(this.#from, ...given.messages.map(({ seq }) => seq)) : 0;
      for (const message of given.messages) this.upsert(message);
      this.renameSenders(given.messages);
      for (const update of deferred) update();
    };
  }

  /** Starts over from the newest messages. */
  reset(messages: readonly StoredMessage[]): void {
    this.#messages.clear();
    this.#sorted = undefined;
    this.#expectedPage = undefined;
    this.#deferred = [];
    this.#from = Math.min(Number.MAX_SAFE_INTEGER, ...messages.map(({ seq }) => seq));
    this.hasOlder = this.#from > 1;
    for (const message of messages) this.upsert(message);
  }

  #put(message: StoredMessage): void {
    this.#messages.set(message.id, message);
    this.#sorted = undefined;
  }

  #defer(update: () => void): void {
    if (this.#expectedPage !== undefined) this.#deferred.push(update);
  }
}
