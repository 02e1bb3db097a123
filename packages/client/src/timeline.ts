import { higher, type KeptMessage } from './kept-message.ts';

type Patch = Partial<Pick<KeptMessage, 'content' | 'editedAt' | 'deleted' | 'status'>>;

/**
 * The messages of a conversation from some place on, without holes. Older ones come page by page; what changes in them
 * while a page is on its way is noted, because the page may be older than the change.
 */
export class Timeline {
  /** Whether the server has messages before the oldest one here. */
  hasOlder = true;
  /** Everything from this number on is here; nothing yet, at first. */
  #from = Number.POSITIVE_INFINITY;
  readonly #messages = new Map<number, KeptMessage>();
  #sorted: readonly KeptMessage[] | undefined;
  #late: (() => void)[] = [];
  #page: object | undefined;

  get isLoaded(): boolean {
    return this.#from !== Number.POSITIVE_INFINITY;
  }

  get isLoading(): boolean {
    return this.#page !== undefined;
  }

  /** Oldest first. */
  get messages(): readonly KeptMessage[] {
    this.#sorted ??= [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(id: number): KeptMessage | undefined {
    return this.#messages.get(id);
  }

  /** A message as it is at the number of its last change. */
  keep(message: KeptMessage): void {
    const known = this.#messages.get(message.id);
    if (known === undefined && message.seq < this.#from) return this.#note(() => this.keep(message));
    if (known !== undefined && message.changed < known.changed) return this.raise(message.id, message.status);
    this.#put({ ...message, status: higher(message.status, known?.status ?? 'sent') });
  }

  /** A change of a message at the number `changed`. */
  change(id: number, changed: number, patch: Patch): void {
    const known = this.#messages.get(id);
    if (known === undefined) return this.#note(() => this.change(id, changed, patch));
    if (changed > known.changed) this.#put({ ...known, ...patch, changed });
  }

  raise(id: number, status: KeptMessage['status']): void {
    const known = this.#messages.get(id);
    if (known === undefined) return this.#note(() => this.raise(id, status));
    const raised = higher(status, known.status);
    if (raised !== known.status) this.#put({ ...known, status: raised });
  }

  /** A sender has another name now. @returns whether it was shown anywhere */
  rename(senderId: number, username: string): boolean {
    this.#note(() => this.rename(senderId, username));
    const old = [...this.#messages.values()].filter(
      ({ senderId: id, senderUsername }) => id === senderId && senderUsername !== username,
    );
    for (const message of old) this.#put({ ...message, senderUsername: username });
    return old.length > 0;
  }

  /** Messages as they were just read bear the names of their senders as of now: the older ones get the same. */
  renameSenders(messages: readonly KeptMessage[]): void {
    const names = new Map(messages.map(({ senderId, senderUsername }) => [senderId, senderUsername]));
    for (const [senderId, username] of names) this.rename(senderId, username);
  }

  /** A page of older messages is asked for. @returns what takes it when it comes, or nothing if it does not */
  expectPage(): (page?: { messages: readonly KeptMessage[]; hasOlder: boolean }) => void {
    const page = {};
    this.#page = page;
    return (given) => {
      if (this.#page !== page) return; // begun anew since
      this.#page = undefined;
      const late = this.#late;
      this.#late = [];
      if (given === undefined) return;
      this.hasOlder = given.hasOlder;
      this.#from = given.hasOlder ? Math.min(this.#from, ...given.messages.map(({ seq }) => seq)) : 0;
      for (const message of given.messages) this.keep(message);
      this.renameSenders(given.messages);
      for (const change of late) change();
    };
  }

  /** Begins anew from the newest messages. */
  reset(messages: readonly KeptMessage[]): void {
    this.#messages.clear();
    this.#sorted = undefined;
    this.#page = undefined;
    this.#late = [];
    this.#from = Math.min(Number.MAX_SAFE_INTEGER, ...messages.map(({ seq }) => seq));
    this.hasOlder = this.#from > 1;
    for (const message of messages) this.keep(message);
  }

  #put(message: KeptMessage): void {
    this.#messages.set(message.id, message);
    this.#sorted = undefined;
  }

  #note(change: () => void): void {
    if (this.#page !== undefined) this.#late.push(change);
  }
}
