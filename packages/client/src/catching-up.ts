import { Backoff } from './backoff.ts';
import { ChatClientError } from './chat-client-error.ts';
import type { Conversation } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import { patiently } from './patiently.ts';
import type { InputOf, OperationName, ResultOf } from './protocol.ts';
import { Value } from './readable.ts';

type Ask = <Name extends OperationName>(name: Name, input: InputOf<Name>) => Promise<ResultOf<Name>>;

const PAGE = 100;
const SEARCH_PAGE = 500;
/** What may be missing of single conversations is gathered for a moment; it is seldom one alone. */
const GATHER_MS = 150;
/** A frame to the server holds 64 kB: this much of it may be names and numbers. */
const MOST_NAMED_CHARACTERS = 60_000;

/**
 * Finds out what was missed: what is new in the list, from the top down to the first conversation in which nothing
 * happened, and by `sync` what changed in those that are known. One request at a time, so no answer overtakes another.
 */
export class CatchingUp {
  readonly behind = new Value(false);
  readonly #ask: Ask;
  readonly #known: Conversations;
  readonly #backoff: Backoff;
  /** Of requests that the server's limits forbid. */
  readonly #patience: Backoff;
  /** Counts the connections: an answer over another one may be for somebody else. */
  #connections = 0;
  #all = false;
  #list = false;
  readonly #some = new Set<Conversation>();
  #isOnline = false;
  #turn: Promise<unknown> = Promise.resolve();
  #working = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where the list goes on; null at its end; undefined before its beginning. */
  #cursor: string | null | undefined;

  constructor(ask: Ask, known: Conversations, random: () => number) {
    this.#ask = ask;
    this.#known = known;
    this.#backoff = new Backoff(random);
    this.#patience = new Backoff(random);
  }

  /** Something may have been missed anywhere. */
  all(): void {
    this.#all = true;
    void this.#work();
  }

  /** There are conversations that are not known. */
  list(): void {
    this.#list = true;
    void this.#work();
  }

  /** Something is missing in one conversation. */
  some(conversation: Conversation): void {
    this.#some.add(conversation);
    if (!this.#isOnline) return; // all of it comes with the next line
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#work();
    }, GATHER_MS);
  }

  online(): void {
    this.#isOnline = true;
    this.#connections += 1;
    this.all();
  }

  offline(): void {
    this.#isOnline = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Begins anew, as if nothing had ever been listed. */
  forget(): void {
    this.#cursor = undefined;
    this.#some.clear();
  }

  /** Lists older conversations. @returns whether there are still more */
  async loadMore(limit = PAGE): Promise<boolean> {
    await this.#inTurn(async () => {
      if (this.#cursor === undefined) await this.#listFirst();
      else if (this.#cursor !== null) await this.#listPage(limit, this.#cursor, true);
    });
    return this.#cursor !== null;
  }

  /** Lists conversations, the newest first, until this one is among them. @returns false if it is not there at all */
  async findNew(id: number): Promise<boolean> {
    if (!this.#known.has(id)) await this.#inTurn(() => this.#listNews());
    return this.find(id);
  }

  /** Lists older conversations until this one is among them. @returns false if it is not there at all */
  async find(id: number): Promise<boolean> {
    for (let more = true; !this.#known.has(id); ) {
      if (!more) return false;
      more = await this.loadMore(SEARCH_PAGE);
    }
    return true;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      while (this.#isOnline && (this.#all || this.#list || this.#some.size > 0)) await this.#attempt();
    } finally {
      this.#working = false;
      this.behind.set(false);
    }
  }

  async #attempt(): Promise<void> {
    this.behind.set(this.#all);
    try {
      await this.#inTurn(() => this.#round());
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      // what is missing stays noted, and is asked for again
      await new Promise((resolve) => setTimeout(resolve, this.#backoff.next(error.retryAfter)));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined); // who asked for it hears of it
    return done;
  }

  async #round(): Promise<void> {
    const all = this.#all;
    const known = this.#known.all();
    const begins = new Map(known.map((conversation) => [conversation, conversation.sequence.seq]));
    const some = all ? known : [...this.#some];
    this.#all = false;
    const list = this.#list || all;
    this.#list = false;
    this.#some.clear();
    try {
      if (list) await this.#listNews();
      await this.#sync(some);
    } catch (error) {
      this.#all ||= all;
      this.#list ||= list;
      for (const conversation of some) this.#some.add(conversation);
      throw error;
    }
    if (all) for (const [conversation, seq] of begins) conversation.baseSeq = seq;
  }

  /**
   * From the top of the list, which is ordered by activity: where a conversation is found as it was when the last catching
   * up began, all below it is as it was then.
   */
  async #listNews(): Promise<void> {
    if (this.#cursor === undefined) return this.#listFirst();
    let cursor: string | undefined;
    do cursor = await this.#listPage(PAGE, cursor, false);
    while (cursor !== undefined);
  }

  async #listFirst(): Promise<void> {
    await this.#listPage(PAGE, undefined, true);
    // asking for what comes after what the list already shows tells the server that it has been delivered
    for (const conversation of this.#known.all()) if (conversation.summary.unread_count > 0) this.some(conversation);
  }

  /** Asks again where it came to the server's limits; from the beginning it might never come further. */
  #patiently<T>(work: () => Promise<T>): Promise<T> {
    const connection = this.#connections;
    return patiently(work, this.#patience, () => this.#isOnline && this.#connections === connection);
  }

  /** @returns where to go on, if it is worth it */
  #listPage(limit: number, cursor: string | undefined, further: boolean): Promise<string | undefined> {
    return this.#patiently(() => this.#takePage(limit, cursor, further));
  }

  async #takePage(limit: number, cursor: string | undefined, further: boolean): Promise<string | undefined> {
    const askedAt = performance.now();
    const answer = await this.#ask('list_conversations', { limit, ...(cursor !== undefined && { cursor }) });
    const unchanged = answer.conversations.some(
      (each) => this.#known.get(each.conversation_id)?.baseSeq === each.last_seq,
    );
    this.#known.list(answer.conversations, askedAt);
    if (further || answer.next_cursor === undefined) this.#cursor = answer.next_cursor ?? null;
    return unchanged ? undefined : answer.next_cursor;
  }

  async #sync(conversations: readonly Conversation[]): Promise<void> {
    for (const chunk of inFrames(conversations.filter((each) => this.#known.isCurrent(each))))
      for (let left = chunk; left.length > 0; ) left = await this.#patiently(() => this.#syncPage(left));
  }

  /** @returns those of which there is more */
  async #syncPage(asked: readonly Conversation[]): Promise<Conversation[]> {
    const before = asked.map(({ id, sequence, reads }) => ({ id, seq: sequence.seq, reads }));
    const conversations = Object.fromEntries(before.map(({ id, seq }) => [id, seq]));
    const moves = this.#known.watchMoves();
    const answer = await this.#ask('sync', { conversations, only_named: true });
    for (const id of answer.removed_conversations) {
      // told of it meanwhile, the client knows better: the answer may be older
      if (moves.has(id)) this.#all = true;
      else this.#known.remove(id);
    }
    for (const [index, conversation] of asked.entries()) {
      const caught = answer.conversations[conversation.id];
      if (caught !== undefined && this.#known.isCurrent(conversation))
        conversation.catchUp(caught, before[index]?.reads ?? 0);
    }
    return asked.filter((each) => answer.conversations[each.id]?.has_more === true && this.#known.isCurrent(each));
  }
}

/** As many at a time as a frame can name. */
function inFrames(conversations: readonly Conversation[]): Conversation[][] {
  const frames: Conversation[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const conversation of conversations) {
    const own = `"${conversation.id}":${conversation.sequence.seq},`.length;
    if (characters + own > MOST_NAMED_CHARACTERS) {
      frames.push([]);
      characters = 0;
    }
    frames.at(-1)?.push(conversation);
    characters += own;
  }
  return frames;
}
