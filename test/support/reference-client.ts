import { EventEmitter, once } from 'node:events';
import { inspect } from 'node:util';
import type { Answer, ServerEvent } from './inbox.ts';
import { type Line, rawLine, socketioLine } from './lines.ts';
import type { Person } from './people.ts';
import { type Caught, Replica } from './replica.ts';

type Summary = { conversation_id: number; name: string };

const OLDER_PAGE = 200;

/**
 * How a client should keep up with the server: it applies live events in the order of their `seq`, sees by it when
 * something is missing, and asks `sync` for that; written to be read, and to hold the server to its promises.
 */
export class ReferenceClient {
  readonly conversations = new Map<number, Replica>();
  /** How often something was missing while the line was up and nothing of its own was under way. */
  holes = 0;
  /** How often it had to start anew with a conversation. */
  resets = 0;
  readonly #person: Person;
  readonly #url: string;
  readonly #limit: number;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #line: Line | undefined;
  /** What ends the waiting for answers that will not come, because the line is down. */
  #down = new AbortController();
  readonly #read = new Set<number>();
  #asking = 0;
  #syncing: Promise<void> | undefined;
  #again = false;
  /** Conversations of which it was told while a `sync` was under way that the user came in or went: its answer may be older. */
  readonly #moved = new Set<number>();
  /** Conversations of which something has to be fetched that `sync` does not tell. */
  readonly #incomplete = new Set<number>();

  /** @param limit how many changes a page of `sync` may hold */
  constructor(url: string, person: Person, limit: number) {
    this.#url = url;
    this.#person = person;
    this.#limit = limit;
  }

  get isOnline(): boolean {
    return this.#line !== undefined;
  }

  async connect(transport: 'socketio' | 'raw'): Promise<void> {
    const dial = transport === 'raw' ? rawLine : socketioLine;
    this.#down = new AbortController();
    const down = this.#down.signal;
    this.#line = await dial(this.#url, this.#person.token, (event) => {
      if (!down.aborted) this.#hear(event);
    });
    await this.sync();
  }

  disconnect(): void {
    this.#line?.close();
    this.#line = undefined;
    this.#down.abort();
    this.#asking = 0;
    this.#syncing = undefined;
  }

  /** Asks over its own line, and takes in what the answer alone tells. */
  ask(name: string, input: object = {}): Promise<Answer> {
    this.#asking += 1;
    return this.#ask(name, input, (answer) => {
      this.#asking -= 1;
      const { ok, ...result } = answer;
      if (ok && name === 'message') this.#apply({ ...result, type: 'message' });
      if (ok && name === 'read_receipt') this.#markRead((input as { message_ids: number[] }).message_ids);
      this.#look();
    });
  }

  /** Catches up, and resolves when nothing is known to be missing, or the line is down. */
  async sync(): Promise<void> {
    if (!this.isOnline) return; // connecting syncs
    this.#again = true;
    this.#syncing ??= this.#syncAll(this.#down.signal);
    await this.#syncing;
  }

  /** Resolves when the condition holds; it is looked at after everything that is heard. */
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
    const { signal } = this.#down;
    signal.addEventListener('abort', () => reject(new Error('the line is down')), { once: true });
    if (this.#line === undefined) reject(new Error('offline'));
    this.#line?.ask(name, input, (answer) => {
      if (signal.aborted) return;
      answered(answer);
      resolve(answer);
    });
    return promise;
  }

  #hear(event: ServerEvent): void {
    const { type, conversation_id: id, user_id } = event;
    const isMine = type === 'conversation_update' && user_id === this.#person.id;
    if (isMine) this.#moved.add(id);
    if (isMine && event.content === 'removed_from_conversation') this.conversations.delete(id);
    else if (type === 'read_receipt' && event.sender_id === this.#person.id) this.#markRead(event.message_ids);
    else if (event.seq !== undefined) this.#apply(event);
    this.#look();
  }

  #apply(event: ServerEvent): void {
    const replica = this.conversations.get(event.conversation_id);
    if (replica === undefined) void this.sync();
    else replica.hear(event);
  }

  #markRead(ids: readonly number[]): void {
    for (const id of ids) this.#read.add(id);
  }

  /** A hole is one only when no answer of its own is still to come: that may be what is missing. */
  #look(): void {
    const hasHole = this.conversations.values().some((replica) => replica.hasHole);
    if (hasHole && this.#asking === 0 && this.#syncing === undefined) {
      this.holes += 1;
      void this.sync();
    }
    this.#changes.emit('change');
  }

  async #syncAll(down: AbortSignal): Promise<void> {
    try {
      while (this.#again) await this.#syncPage();
    } catch (error) {
      if (!down.aborted) throw error;
    } finally {
      if (!down.aborted) this.#syncing = undefined;
      this.#changes.emit('change');
    }
  }

  async #syncPage(): Promise<void> {
    this.#again = false;
    this.#moved.clear();
    const conversations = Object.fromEntries([...this.conversations].map(([id, { seq }]) => [id, seq]));
    const answer = await this.#ask('sync', { conversations, limit: this.#limit }, (given) => this.#catch(given));
    if (!answer.ok) throw new Error(`sync: ${JSON.stringify(answer)}`);
    for (const id of this.#incomplete) await this.#fetchRest(id);
    if (answer.has_more || this.#moved.size > 0) this.#again = true;
  }

  #catch({ ok, removed_conversations, new_conversations, conversations }: Answer): void {
    if (!ok) return;
    const isKnown = (id: number) => !this.#moved.has(id);
    for (const id of removed_conversations.filter(isKnown)) this.conversations.delete(id);
    for (const { conversation_id: id, name } of new_conversations as Summary[]) {
      if (!isKnown(id)) continue;
      this.conversations.set(id, new Replica(this.#person.id, name, this.#read));
      this.#incomplete.add(id);
    }
    for (const [key, changes] of Object.entries<Caught>(conversations)) {
      const id = Number(key);
      if (!isKnown(id)) continue;
      this.conversations.get(id)?.catch(changes);
      if (!changes.reset) continue;
      this.resets += 1;
      this.#incomplete.add(id);
    }
  }

  /** The members of what is new; after a reset also the name, and what is older. */
  async #fetchRest(id: number): Promise<void> {
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
