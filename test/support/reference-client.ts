import { EventEmitter, once } from 'node:events';
import { inspect } from 'node:util';
import type { Answer, ServerEvent } from './inbox.ts';
import { connectSocketio, connectWebSocket, type OrderedConnection } from './ordered-connection.ts';
import type { Person } from './people.ts';
import { Replica, type SyncChanges } from './replica.ts';

type Summary = { conversation_id: number; name: string };

const OLDER_PAGE = 200;

/**
 * The recommended client logic: it applies live events in the order of their `seq`, detects gaps by it, and calls `sync`
 * for what is missing; written to be read, and to test the promises of the server.
 */
export class ReferenceClient {
  readonly conversations = new Map<number, Replica>();
  /** How often an event was missing while the client was connected and had no call in flight. */
  gaps = 0;
  /** How often a conversation was reset. */
  resets = 0;
  readonly #person: Person;
  readonly #url: string;
  readonly #limit: number;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #connection: OrderedConnection | undefined;
  /** Ends waiting for answers that will not arrive because the connection is closed. */
  #disconnected = new AbortController();
  readonly #read = new Set<number>();
  #inFlight = 0;
  #syncing: Promise<void> | undefined;
  #again = false;
  /** Conversations that the user joined or left during a `sync`, whose answer may be older than that. */
  readonly #changedMemberships = new Set<number>();
  /** Conversations with data to fetch that `sync` does not return. */
  readonly #incomplete = new Set<number>();

  /** @param limit the number of changes in a page of `sync` */
  constructor(url: string, person: Person, limit: number) {
    this.#url = url;
    this.#person = person;
    this.#limit = limit;
  }

  get isOnline(): boolean {
    return this.#connection !== undefined;
  }

  async connect(transport: 'socketio' | 'raw'): Promise<void> {
    const connect = transport === 'raw' ? connectWebSocket : connectSocketio;
    this.#disconnected = new AbortController();
    const disconnected = this.#disconnected.signal;
    this.#connection = await connect(this.#url, this.#person.token, (event) => {
      if (!disconnected.aborted) this.#onEvent(event);
    });
    await this.sync();
  }

  disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#disconnected.abort();
    this.#inFlight = 0;
    this.#syncing = undefined;
  }

  /** Makes a call on its own connection, and applies what only the answer contains. */
  ask(name: string, input: object = {}): Promise<Answer> {
    this.#inFlight += 1;
    return this.#ask(name, input, (answer) => {
      this.#inFlight -= 1;
      const { ok, ...result } = answer;
      if (ok && name === 'message') this.#apply({ ...result, type: 'message' });
      if (ok && name === 'read_receipt') this.#markRead((input as { message_ids: number[] }).message_ids);
      this.#check();
    });
  }

  /** Synchronizes, and resolves when nothing is known to be missing, or the connection is closed. */
  async sync(): Promise<void> {
    if (!this.isOnline) return; // connecting syncs
    this.#again = true;
    this.#syncing ??= this.#syncAll(this.#disconnected.signal);
    await this.#syncing;
  }

  /** Resolves when the condition holds, which is checked after each event and answer. */
  async until(holds: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(5_000);
    while (this.#syncing !== undefined || !holds()) {
      await once(this.#changes, 'change', { signal }).catch((cause: unknown) => {
        throw new Error(`never came: ${holds}; there is ${inspect(this.conversations)}`, { cause });
      });
    }
  }

  #ask(name: string, input: object = {}, answered: (answer: Answer) => void = () => undefined): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { signal } = this.#disconnected;
    signal.addEventListener('abort', () => reject(new Error('disconnected')), { once: true });
    if (this.#connection === undefined) reject(new Error('offline'));
    this.#connection?.ask(name, input, (answer) => {
      if (signal.aborted) return;
      answered(answer);
      resolve(answer);
    });
    return promise;
  }

  #onEvent(event: ServerEvent): void {
    const { type, conversation_id: id, user_id } = event;
    const isMine = type === 'conversation_update' && user_id === this.#person.id;
    if (isMine) this.#changedMemberships.add(id);
    if (isMine && event.content === 'removed_from_conversation') this.conversations.delete(id);
    else if (type === 'read_receipt' && event.sender_id === this.#person.id) this.#markRead(event.message_ids);
    else if (event.seq !== undefined) this.#apply(event);
    this.#check();
  }

  #apply(event: ServerEvent): void {
    const replica = this.conversations.get(event.conversation_id);
    if (replica === undefined) void this.sync();
    else replica.receive(event);
  }

  #markRead(ids: readonly number[]): void {
    for (const id of ids) this.#read.add(id);
  }

  /** An event counts as missing only if no call of this client is in flight, whose answer could contain it. */
  #check(): void {
    const hasGap = this.conversations.values().some((replica) => replica.hasGap);
    if (hasGap && this.#inFlight === 0 && this.#syncing === undefined) {
      this.gaps += 1;
      void this.sync();
    }
    this.#changes.emit('change');
  }

  async #syncAll(disconnected: AbortSignal): Promise<void> {
    try {
      while (this.#again) await this.#syncPage();
    } catch (error) {
      if (!disconnected.aborted) throw error;
    } finally {
      if (!disconnected.aborted) this.#syncing = undefined;
      this.#changes.emit('change');
    }
  }

  async #syncPage(): Promise<void> {
    this.#again = false;
    this.#changedMemberships.clear();
    const conversations = Object.fromEntries([...this.conversations].map(([id, { seq }]) => [id, seq]));
    const answer = await this.#ask('sync', { conversations, limit: this.#limit }, (given) => this.#applySync(given));
    if (!answer.ok) throw new Error(`sync: ${JSON.stringify(answer)}`);
    for (const id of this.#incomplete) await this.#fetchMissing(id);
    if (answer.has_more || this.#changedMemberships.size > 0) this.#again = true;
  }

  #applySync({ ok, removed_conversations, new_conversations, conversations }: Answer): void {
    if (!ok) return;
    const isKnown = (id: number) => !this.#changedMemberships.has(id);
    for (const id of removed_conversations.filter(isKnown)) this.conversations.delete(id);
    for (const { conversation_id: id, name } of new_conversations as Summary[]) {
      if (!isKnown(id)) continue;
      this.conversations.set(id, new Replica(this.#person.id, name, this.#read));
      this.#incomplete.add(id);
    }
    for (const [key, changes] of Object.entries<SyncChanges>(conversations)) {
      const id = Number(key);
      if (!isKnown(id)) continue;
      this.conversations.get(id)?.applySync(changes);
      if (!changes.reset) continue;
      this.resets += 1;
      this.#incomplete.add(id);
    }
  }

  /** Fetches the members of a new conversation; after a reset also the name, and older messages. */
  async #fetchMissing(id: number): Promise<void> {
    const replica = this.conversations.get(id);
    if (replica !== undefined) {
      const since = replica.seq;
      const { ok, participants } = await this.#ask('list_participants', { conversation_id: id });
      if (ok) replica.keepMembers(participants, since);
      const { conversations } = await this.#ask('list_conversations');
      const found = conversations.find((each: Summary) => each.conversation_id === id);
      if (found !== undefined) replica.keepName(found.name, since);
      await this.#fetchOlder(id, replica);
    }
    this.#incomplete.delete(id);
  }

  async #fetchOlder(conversation_id: number, replica: Replica): Promise<void> {
    for (let oldest = replica.oldest; oldest !== undefined; ) {
      const { ok, messages } = await this.#ask('list_messages', { conversation_id, limit: OLDER_PAGE, before: oldest });
      for (const row of ok ? messages : []) replica.keep(row);
      oldest = ok && messages.length > 0 ? replica.oldest : undefined;
    }
  }
}
