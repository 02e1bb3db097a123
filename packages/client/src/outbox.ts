import { Backoff } from './backoff.ts';
import { ChatClientError, isTransient } from './chat-client-error.ts';
import { DisconnectCounter } from './disconnect-counter.ts';
import { contentError } from './limits.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import { lastUser, UserOutboxStorage } from './outbox-storage.ts';
import { type OutboxStorage, onWindow, uniqueId } from './platform.ts';
import type { ResultOf } from './protocol.ts';
import { SharedLock } from './shared-lock.ts';

type Sent = ResultOf<'message'>;
/** An entry as it is shown, from its acknowledgement until its message is in the timeline. */
export type Outgoing = OutboxEntry & { readonly sent?: Sent };
export type OutboxDependencies = {
  send(entry: OutboxEntry): Promise<Sent>;
  acknowledged(sent: Sent): void;
  changed(conversationId: number): void;
  random(): number;
};

/** An internal error of the server may pass, or be caused by the message: the maximum number of attempts. */
const MAX_SERVER_ERRORS = 5;

/**
 * The messages to send: one at a time in each conversation, repeated until the server has accepted or refused them. An
 * entry keeps its id across attempts, so the server stores one message. An entry during which the connection was closed
 * is next sent alone, to find out whether it was the cause.
 */
export class Outbox {
  readonly #storage: OutboxStorage;
  readonly #dependencies: OutboxDependencies;
  readonly #entries = new Map<string, Outgoing>();
  readonly #sending = new Set<number>();
  readonly #lock = new SharedLock();
  readonly #disconnects = new DisconnectCounter();
  readonly #stopListening: () => void;
  #userStorage: UserOutboxStorage | undefined;
  /** Entries that were written before the user was known. */
  #unowned: Set<string> | undefined = new Set();
  /** Entries that could not be stored: their absence from storage does not mean that another tab has sent them. */
  readonly #unstored = new Set<string>();
  #generation = 0;
  #isOnline = false;
  #isClosed = false;
  #lastCreatedAt = 0;

  constructor(storage: OutboxStorage, dependencies: OutboxDependencies) {
    this.#storage = storage;
    this.#dependencies = dependencies;
    const userId = lastUser(storage);
    if (userId !== undefined) this.#userStorage = new UserOutboxStorage(storage, userId);
    this.#load();
    this.#stopListening = onWindow('storage', () => this.#checkStorage());
  }

  /** In the order of sending. */
  of(conversationId: number): readonly Outgoing[] {
    const own = [...this.#entries.values()].filter((entry) => entry.conversationId === conversationId);
    return own.sort((a, b) => a.createdAt - b.createdAt);
  }

  add(conversationId: number, content: string): void {
    this.#lastCreatedAt = Math.max(Date.now(), this.#lastCreatedAt + 1);
    const clientMessageId = uniqueId();
    this.#unowned?.add(clientMessageId);
    this.#enqueue({ clientMessageId, conversationId, content, createdAt: this.#lastCreatedAt });
  }

  /** Sends a refused message again, unchanged. */
  retry(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry?.error === undefined) return;
    const { error: _, ...unsent } = entry;
    this.#disconnects.clear(clientMessageId);
    this.#enqueue(unsent);
  }

  /** Drops an unsent message; one that is in flight may still arrive. */
  discard(clientMessageId: string): void {
    this.#remove(clientMessageId);
  }

  /** The message is in the timeline, from whatever source. */
  messageShown(clientMessageId: string | undefined): void {
    if (clientMessageId !== undefined) this.#remove(clientMessageId);
  }

  /**
   * Sets the owner. Entries written before the user was known become theirs; stored entries of another user stay in
   * storage.
   */
  setUser(userId: number): void {
    const before = this.#userStorage;
    if (before?.userId !== userId) {
      const unowned = [...(this.#unowned ?? [])].flatMap((id) => this.#entries.get(id) ?? []);
      this.#clear();
      this.#userStorage = new UserOutboxStorage(this.#storage, userId);
      this.#load();
      for (const entry of unowned) {
        before?.remove(entry.clientMessageId);
        this.#put(entry);
      }
    }
    this.#unowned = undefined;
    this.#userStorage?.remember();
  }

  /** Forgets the entries; with `forever`, deletes them from storage too. */
  forget(forever: boolean): void {
    if (forever) {
      for (const id of this.#entries.keys()) this.#userStorage?.remove(id);
      this.#userStorage?.forget();
    }
    this.#clear();
    this.#userStorage = undefined;
    this.#unowned = new Set();
  }

  online(): void {
    this.#isOnline = true;
    this.#generation += 1;
    this.#checkStorage();
    for (const id of new Set([...this.#entries.values()].map(({ conversationId }) => conversationId)))
      void this.#sendPending(id);
  }

  /** A connection was lost, or could not be opened. */
  offline(): void {
    if (!this.#isOnline) this.#disconnects.serverWasAway();
    this.#isOnline = false;
    this.#generation += 1;
  }

  close(): void {
    this.#isClosed = true;
    this.offline();
    this.#stopListening();
  }

  /** Other tabs remove what they have sent from storage, and leave what they could not send. */
  #checkStorage(): void {
    for (const { clientMessageId, sent } of this.#entries.values())
      if (
        sent === undefined &&
        this.#userStorage?.has(clientMessageId) === false &&
        !this.#unstored.has(clientMessageId)
      )
        this.#remove(clientMessageId);
  }

  /** Sends the unsent messages of a conversation, one after the other, as long as the connection lasts. */
  async #sendPending(conversationId: number): Promise<void> {
    if (!this.#isOnline || this.#sending.has(conversationId)) return;
    this.#sending.add(conversationId);
    const generation = this.#generation;
    const backoff = new Backoff(this.#dependencies.random);
    for (let serverErrors = 0; this.#generation === generation; ) {
      const entry = this.of(conversationId).find(({ sent, error }) => sent === undefined && error === undefined);
      if (entry === undefined) break;
      const isSuspect = this.#disconnects.isSuspect(entry.clientMessageId);
      const retry = await this.#lock.run(isSuspect, () => this.#send(entry, serverErrors, generation));
      serverErrors = retry === 'server_error' ? serverErrors + 1 : 0;
      if (retry === undefined) backoff.reset();
      else if (this.#generation === generation)
        await new Promise((resolve) => setTimeout(resolve, backoff.next(retry === 'server_error' ? 0 : retry)));
    }
    this.#sending.delete(conversationId);
    if (this.#generation !== generation) void this.#sendPending(conversationId);
  }

  /** @returns undefined if the entry needs no further attempt, else the minimum delay of the next one in seconds */
  async #send(
    entry: OutboxEntry,
    serverErrors: number,
    generation: number,
  ): Promise<number | 'server_error' | undefined> {
    if (this.#generation !== generation) return 0; // the connection was lost while this waited for the lock
    const sentAt = performance.now();
    try {
      this.#acknowledged(entry, await this.#dependencies.send(entry));
      return undefined;
    } catch (thrown) {
      if (this.#isClosed) return 0;
      const error = thrown instanceof ChatClientError ? thrown : new ChatClientError('internal_error', String(thrown));
      const reason = this.#isCutRepeatedly(entry, error, performance.now() - sentAt) ? cutRepeatedly() : error;
      const retry = reason === error ? retryDelay(error, serverErrors) : undefined;
      if (retry === undefined && this.#entries.has(entry.clientMessageId)) this.#fail(entry, reason);
      return retry;
    }
  }

  /** Whether the connection is closed each time that this entry is sent. */
  #isCutRepeatedly({ clientMessageId }: OutboxEntry, { code }: ChatClientError, elapsedMs: number): boolean {
    if (code === 'disconnected') return this.#disconnects.add(clientMessageId, elapsedMs);
    this.#disconnects.clear(clientMessageId);
    return false;
  }

  #enqueue(entry: OutboxEntry): void {
    const error = contentError(entry.content);
    if (error !== undefined) return this.#fail(entry, error);
    this.#put(entry);
    void this.#sendPending(entry.conversationId);
  }

  #fail(entry: OutboxEntry, { code, message }: ChatClientError): void {
    this.#put({ ...entry, error: { code, message } });
  }

  #acknowledged(entry: OutboxEntry, sent: Sent): void {
    this.#disconnects.clear(entry.clientMessageId);
    this.#userStorage?.remove(entry.clientMessageId);
    if (this.#entries.has(entry.clientMessageId)) this.#entries.set(entry.clientMessageId, { ...entry, sent });
    this.#dependencies.changed(entry.conversationId);
    this.#dependencies.acknowledged(sent);
  }

  #load(): void {
    for (const entry of this.#userStorage?.read() ?? []) {
      this.#lastCreatedAt = Math.max(this.#lastCreatedAt, entry.createdAt);
      this.#entries.set(entry.clientMessageId, entry);
      this.#dependencies.changed(entry.conversationId);
    }
  }

  #clear(): void {
    const ids = new Set([...this.#entries.values()].map(({ conversationId }) => conversationId));
    this.#entries.clear();
    for (const id of ids) this.#dependencies.changed(id);
  }

  #put(entry: OutboxEntry): void {
    this.#entries.set(entry.clientMessageId, entry);
    const stored = this.#userStorage === undefined || this.#userStorage.put(entry);
    if (!stored) this.#unstored.add(entry.clientMessageId);
    this.#dependencies.changed(entry.conversationId);
  }

  #remove(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry === undefined) return;
    this.#entries.delete(clientMessageId);
    this.#userStorage?.remove(clientMessageId);
    this.#dependencies.changed(entry.conversationId);
  }
}

const cutRepeatedly = () =>
  new ChatClientError('disconnected', 'The connection was closed each time this message was sent.');

/** @returns the seconds after which the same request may succeed, or undefined if it will not */
function retryDelay(error: ChatClientError, serverErrors: number): number | 'server_error' | undefined {
  if (isTransient(error) || error.code === 'unauthenticated' || error.code === 'closed') return error.retryAfter ?? 0;
  return error.code === 'internal_error' && serverErrors < MAX_SERVER_ERRORS ? 'server_error' : undefined;
}
