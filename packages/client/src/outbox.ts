import { Backoff } from './backoff.ts';
import { ChatClientError, passes } from './chat-client-error.ts';
import { DisconnectCounter } from './disconnect-counter.ts';
import { contentError } from './limits.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import { lastUser, OutboxShelf } from './outbox-shelf.ts';
import type { ResultOf } from './protocol.ts';
import { SharedLock } from './shared-lock.ts';
import { type OutboxStorage, onWindow, uniqueId } from './surroundings.ts';

type Sent = ResultOf<'message'>;
/** An entry as long as it is shown: after its acknowledgement until its message is. */
export type Outgoing = OutboxEntry & { readonly sent?: Sent };
export type OutboxAround = {
  send(entry: OutboxEntry): Promise<Sent>;
  acked(sent: Sent): void;
  changed(conversationId: number): void;
  random(): number;
};

/** A fault of the server's own may pass, or lie in the message: so often it is tried. */
const MOST_FAULTS = 5;

/**
 * What is to be sent: one at a time in each conversation, again and again until the server has answered for good. An
 * entry keeps its id whatever happens, so the server makes one message of it. One that may have been the reason why the
 * connection was closed is sent alone the next time, so that it is known whether it was.
 */
export class Outbox {
  readonly #storage: OutboxStorage;
  readonly #around: OutboxAround;
  readonly #entries = new Map<string, Outgoing>();
  readonly #sending = new Set<number>();
  readonly #lock = new SharedLock();
  readonly #disconnects = new DisconnectCounter();
  readonly #stopListening: () => void;
  #shelf: OutboxShelf | undefined;
  /** Entries that were written here before it was known who is here. */
  #fresh: Set<string> | undefined = new Set();
  /** Entries that are not in storage though they should be: nobody else can have settled them. */
  readonly #unshelved = new Set<string>();
  #line = 0;
  #isOnline = false;
  #isClosed = false;
  #newest = 0;

  constructor(storage: OutboxStorage, around: OutboxAround) {
    this.#storage = storage;
    this.#around = around;
    const userId = lastUser(storage);
    if (userId !== undefined) this.#shelf = new OutboxShelf(storage, userId);
    this.#load();
    this.#stopListening = onWindow('storage', () => this.#look());
  }

  /** In the order of sending. */
  of(conversationId: number): readonly Outgoing[] {
    const own = [...this.#entries.values()].filter((entry) => entry.conversationId === conversationId);
    return own.sort((a, b) => a.createdAt - b.createdAt);
  }

  add(conversationId: number, content: string): void {
    this.#newest = Math.max(Date.now(), this.#newest + 1);
    const clientMessageId = uniqueId();
    this.#fresh?.add(clientMessageId);
    this.#enqueue({ clientMessageId, conversationId, content, createdAt: this.#newest });
  }

  /** Tries a refused message once more, as it is. */
  retry(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry?.error === undefined) return;
    const { error: _, ...again } = entry;
    this.#disconnects.clear(clientMessageId);
    this.#enqueue(again);
  }

  /** Gives up a message that has not been sent; one that is on its way may arrive all the same. */
  discard(clientMessageId: string): void {
    this.#settle(clientMessageId);
  }

  /** The message is shown now, wherever it came from. */
  shown(clientMessageId: string | undefined): void {
    if (clientMessageId !== undefined) this.#settle(clientMessageId);
  }

  /** Whose outbox it is. What was written here before that was known becomes theirs; the rest stays with whom it was. */
  belongsTo(userId: number): void {
    const before = this.#shelf;
    if (before?.userId !== userId) {
      const fresh = [...(this.#fresh ?? [])].flatMap((id) => this.#entries.get(id) ?? []);
      this.#clear();
      this.#shelf = new OutboxShelf(this.#storage, userId);
      this.#load();
      for (const entry of fresh) {
        before?.remove(entry.clientMessageId);
        this.#put(entry);
      }
    }
    this.#fresh = undefined;
    this.#shelf?.remember();
  }

  /** Forgets what is here, and in storage with `forever`. */
  forget(forever: boolean): void {
    if (forever) {
      for (const id of this.#entries.keys()) this.#shelf?.remove(id);
      this.#shelf?.forget();
    }
    this.#clear();
    this.#shelf = undefined;
    this.#fresh = new Set();
  }

  online(): void {
    this.#isOnline = true;
    this.#line += 1;
    this.#look();
    for (const id of new Set([...this.#entries.values()].map(({ conversationId }) => conversationId)))
      void this.#work(id);
  }

  /** A connection was lost, or could not be made. */
  offline(): void {
    if (!this.#isOnline) this.#disconnects.serverWasAway();
    this.#isOnline = false;
    this.#line += 1;
  }

  close(): void {
    this.#isClosed = true;
    this.offline();
    this.#stopListening();
  }

  /** Other tabs take out of the storage what they have settled, and leave in it what they could not. */
  #look(): void {
    for (const { clientMessageId, sent } of this.#entries.values())
      if (sent === undefined && this.#shelf?.has(clientMessageId) === false && !this.#unshelved.has(clientMessageId))
        this.#settle(clientMessageId);
  }

  /** Sends what is to be sent in a conversation, one after the other, while this line lasts. */
  async #work(conversationId: number): Promise<void> {
    if (!this.#isOnline || this.#sending.has(conversationId)) return;
    this.#sending.add(conversationId);
    const line = this.#line;
    const backoff = new Backoff(this.#around.random);
    for (let faults = 0; this.#line === line; ) {
      const entry = this.of(conversationId).find(({ sent, error }) => sent === undefined && error === undefined);
      if (entry === undefined) break;
      const isSuspect = this.#disconnects.isSuspect(entry.clientMessageId);
      const again = await this.#lock.run(isSuspect, () => this.#send(entry, faults, line));
      faults = again === 'fault' ? faults + 1 : 0;
      if (again === undefined) backoff.reset();
      else if (this.#line === line)
        await new Promise((resolve) => setTimeout(resolve, backoff.next(again === 'fault' ? 0 : again)));
    }
    this.#sending.delete(conversationId);
    if (this.#line !== line) void this.#work(conversationId);
  }

  /** @returns undefined when it is settled, else after how many seconds it is worth another try */
  async #send(entry: OutboxEntry, faults: number, line: number): Promise<number | 'fault' | undefined> {
    if (this.#line !== line) return 0; // lost while this waited for its turn
    const sentAt = performance.now();
    try {
      this.#acked(entry, await this.#around.send(entry));
      return undefined;
    } catch (thrown) {
      if (this.#isClosed) return 0;
      const error = thrown instanceof ChatClientError ? thrown : new ChatClientError('internal_error', String(thrown));
      const reason = this.#isCut(entry, error, performance.now() - sentAt) ? cutEachTime() : error;
      const again = reason === error ? retryAfter(error, faults) : undefined;
      if (again === undefined && this.#entries.has(entry.clientMessageId)) this.#fail(entry, reason);
      return again;
    }
  }

  /** Whether the connection is closed each time that this is sent. */
  #isCut({ clientMessageId }: OutboxEntry, { code }: ChatClientError, elapsedMs: number): boolean {
    if (code === 'disconnected') return this.#disconnects.add(clientMessageId, elapsedMs);
    this.#disconnects.clear(clientMessageId);
    return false;
  }

  #enqueue(entry: OutboxEntry): void {
    const error = contentError(entry.content);
    if (error !== undefined) return this.#fail(entry, error);
    this.#put(entry);
    void this.#work(entry.conversationId);
  }

  #fail(entry: OutboxEntry, { code, message }: ChatClientError): void {
    this.#put({ ...entry, error: { code, message } });
  }

  #acked(entry: OutboxEntry, sent: Sent): void {
    this.#disconnects.clear(entry.clientMessageId);
    this.#shelf?.remove(entry.clientMessageId);
    if (this.#entries.has(entry.clientMessageId)) this.#entries.set(entry.clientMessageId, { ...entry, sent });
    this.#around.changed(entry.conversationId);
    this.#around.acked(sent);
  }

  #load(): void {
    for (const entry of this.#shelf?.read() ?? []) {
      this.#newest = Math.max(this.#newest, entry.createdAt);
      this.#entries.set(entry.clientMessageId, entry);
      this.#around.changed(entry.conversationId);
    }
  }

  #clear(): void {
    const ids = new Set([...this.#entries.values()].map(({ conversationId }) => conversationId));
    this.#entries.clear();
    for (const id of ids) this.#around.changed(id);
  }

  #put(entry: OutboxEntry): void {
    this.#entries.set(entry.clientMessageId, entry);
    const shelved = this.#shelf === undefined || this.#shelf.put(entry);
    if (!shelved) this.#unshelved.add(entry.clientMessageId);
    this.#around.changed(entry.conversationId);
  }

  #settle(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry === undefined) return;
    this.#entries.delete(clientMessageId);
    this.#shelf?.remove(clientMessageId);
    this.#around.changed(entry.conversationId);
  }
}

const cutEachTime = () =>
  new ChatClientError('disconnected', 'The connection was closed each time this message was sent.');

/** @returns after how many seconds the same request may succeed, or undefined if it will not */
function retryAfter(error: ChatClientError, faults: number): number | 'fault' | undefined {
  if (passes(error) || error.code === 'unauthenticated' || error.code === 'closed') return error.retryAfter ?? 0;
  return error.code === 'internal_error' && faults < MOST_FAULTS ? 'fault' : undefined;
}
