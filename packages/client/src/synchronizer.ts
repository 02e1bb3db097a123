import { Backoff } from './backoff.ts';
import { ChatClientError } from './chat-client-error.ts';
import type { Conversation } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { Ask } from './public-types.ts';
import { retryRateLimited } from './retry-rate-limited.ts';
import { ValueStore } from './store.ts';

const PAGE = 100;
const SEARCH_PAGE = 500;
/** Gaps in single conversations are batched: they rarely occur alone. */
const BATCH_DELAY_MS = 150;
/** A frame to the server holds 64 kB: the part of it that ids and numbers may fill. */
const MAX_NAMED_CHARACTERS = 60_000;

/**
 * Fetches what was missed: lists the conversations from the top down to the first one without changes, and calls `sync`
 * for those that are known. Sends one request at a time, so that no answer overtakes another.
 */
export class Synchronizer {
  readonly behind = new ValueStore(false);
  readonly #ask: Ask;
  readonly #conversations: Conversations;
  readonly #backoff: Backoff;
  /** For rate-limited requests. */
  readonly #rateLimitBackoff: Backoff;
  /** Counts the connections: another one may belong to another user. */
  #connections = 0;
  #isFullSyncDue = false;
  #isListDue = false;
  readonly #due = new Set<Conversation>();
  /** Identifies the server's database: it changes when a backup is restored. */
  #epoch: string | undefined;
  #isOnline = false;
  #lastTask: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where the list continues; null at its end; undefined before its first page. */
  #cursor: string | null | undefined;

  constructor(ask: Ask, conversations: Conversations, random: () => number) {
    this.#ask = ask;
    this.#conversations = conversations;
    this.#backoff = new Backoff(random);
    this.#rateLimitBackoff = new Backoff(random);
  }

  /** Changes may have been missed anywhere. */
  syncAll(): void {
    this.#isFullSyncDue = true;
    void this.#run();
  }

  /** There are conversations that are not known. */
  syncList(): void {
    this.#isListDue = true;
    void this.#run();
  }

  /** Changes were missed in one conversation. */
  syncOne(conversation: Conversation): void {
    this.#due.add(conversation);
    if (!this.#isOnline) return; // the next connection synchronizes everything
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, BATCH_DELAY_MS);
  }

  online(): void {
    this.#isOnline = true;
    this.#connections += 1;
    this.syncAll();
  }

  offline(): void {
    this.#isOnline = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Starts over, as if nothing had been listed. */
  forget(): void {
    this.#conversations.clear();
    this.#cursor = undefined;
    this.#due.clear();
  }

  /** Lists older conversations. @returns whether there are more */
  async loadMore(limit = PAGE): Promise<boolean> {
    await this.#enqueue(async () => {
      if (this.#cursor === undefined) await this.#listFirstPage();
      else if (this.#cursor !== null) await this.#listPage(limit, this.#cursor, true);
    });
    return this.#cursor !== null;
  }

  /** Lists new conversations, then older ones, until this one is known. @returns false if it does not exist */
  async findNew(id: number): Promise<boolean> {
    if (!this.#conversations.has(id)) await this.#enqueue(() => this.#listChanged());
    return this.find(id);
  }

  /** Lists older conversations until this one is known. @returns false if it does not exist */
  async find(id: number): Promise<boolean> {
    for (let more = true; !this.#conversations.has(id); ) {
      if (!more) return false;
      more = await this.loadMore(SEARCH_PAGE);
    }
    return true;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isOnline && (this.#isFullSyncDue || this.#isListDue || this.#due.size > 0)) await this.#attempt();
    } finally {
      this.#isRunning = false;
      this.behind.set(false);
    }
  }

  async #attempt(): Promise<void> {
    this.behind.set(this.#isFullSyncDue);
    try {
      await this.#enqueue(() => this.#runOnce());
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      // what is due stays due, and is requested again
      await new Promise((resolve) => setTimeout(resolve, this.#backoff.next(error.retryAfter)));
    }
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastTask.then(work);
    this.#lastTask = done.catch(() => undefined); // the caller handles the error
    return done;
  }

  async #runOnce(): Promise<void> {
    const all = this.#isFullSyncDue;
    const known = this.#conversations.all();
    const startSeqs = new Map(known.map((conversation) => [conversation, conversation.sequence.seq]));
    const due = all ? known : [...this.#due];
    this.#isFullSyncDue = false;
    const list = this.#isListDue || all;
    this.#isListDue = false;
    this.#due.clear();
    try {
      if (list) await this.#listChanged();
      await this.#sync(due);
    } catch (error) {
      this.#isFullSyncDue ||= all;
      this.#isListDue ||= list;
      for (const conversation of due) this.#due.add(conversation);
      throw error;
    }
    if (all) for (const [conversation, seq] of startSeqs) conversation.baseSeq = seq;
  }

  /**
   * Lists from the top: the list is ordered by activity, so below a conversation that has not changed since the last
   * complete synchronization nothing has changed either.
   */
  async #listChanged(): Promise<void> {
    if (this.#cursor === undefined) return this.#listFirstPage();
    let cursor: string | undefined;
    do cursor = await this.#listPage(PAGE, cursor, false);
    while (cursor !== undefined);
  }

  async #listFirstPage(): Promise<void> {
    await this.#listPage(PAGE, undefined, true);
    // requesting what comes after the listed messages confirms their delivery to the server
    for (const conversation of this.#conversations.all())
      if (conversation.summary.unread_count > 0) this.syncOne(conversation);
  }

  /** Repeats a single rate-limited request: starting over might never get further. */
  #retryRateLimited<T>(work: () => Promise<T>): Promise<T> {
    const connection = this.#connections;
    return retryRateLimited(work, this.#rateLimitBackoff, () => this.#isOnline && this.#connections === connection);
  }

  /** @returns the cursor of the next page, if it is needed */
  #listPage(limit: number, cursor: string | undefined, advance: boolean): Promise<string | undefined> {
    return this.#retryRateLimited(() => this.#fetchPage(limit, cursor, advance));
  }

  async #fetchPage(limit: number, cursor: string | undefined, advance: boolean): Promise<string | undefined> {
    const askedAt = performance.now();
    const answer = await this.#ask('list_conversations', { limit, ...(cursor !== undefined && { cursor }) });
    const unchanged =
      this.#isRestored(answer) ||
      answer.conversations.some((each) => this.#conversations.get(each.conversation_id)?.baseSeq === each.last_seq);
    this.#conversations.applyList(answer.conversations, askedAt);
    if (advance || answer.next_cursor === undefined) this.#cursor = answer.next_cursor ?? null;
    return unchanged ? undefined : answer.next_cursor;
  }

  /** Whether a backup was restored: then all that is known is outdated, and everything starts over. */
  #isRestored({ epoch }: { epoch: string }): boolean {
    const before = this.#epoch ?? epoch;
    this.#epoch = epoch;
    if (before === epoch) return false;
    this.forget();
    this.syncAll();
    return true;
  }

  async #sync(conversations: readonly Conversation[]): Promise<void> {
    for (const chunk of splitIntoFrames(conversations.filter((each) => this.#conversations.isCurrent(each))))
      for (let left = chunk; left.length > 0; ) left = await this.#retryRateLimited(() => this.#syncPage(left));
  }

  /** @returns the conversations that have more changes */
  async #syncPage(requested: readonly Conversation[]): Promise<Conversation[]> {
    const before = requested.map(({ id, sequence, receiptCount }) => ({ id, seq: sequence.seq, receiptCount }));
    const conversations = Object.fromEntries(before.map(({ id, seq }) => [id, seq]));
    const membershipChanges = this.#conversations.watchMembershipChanges();
    // undefined is not sent
    const answer = await this.#ask('sync', { conversations, only_named: true, epoch: this.#epoch as string });
    this.#isRestored(answer);
    for (const id of answer.removed_conversations) {
      // a live event was received meanwhile: the answer may be older
      if (membershipChanges.has(id)) this.#isFullSyncDue = true;
      else this.#conversations.remove(id);
    }
    for (const [index, conversation] of requested.entries()) {
      const changes = answer.conversations[conversation.id];
      if (changes !== undefined && this.#conversations.isCurrent(conversation))
        conversation.applySync(changes, before[index]?.receiptCount ?? 0);
    }
    return requested.filter(
      (each) => answer.conversations[each.id]?.has_more === true && this.#conversations.isCurrent(each),
    );
  }
}

/** Splits conversations into requests that fit into a frame. */
function splitIntoFrames(conversations: readonly Conversation[]): Conversation[][] {
  const frames: Conversation[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const conversation of conversations) {
    const own = `"${conversation.id}":${conversation.sequence.seq},`.length;
    if (characters + own > MAX_NAMED_CHARACTERS) {
      frames.push([]);
      characters = 0;
    }
    frames.at(-1)?.push(conversation);
    characters += own;
  }
  return frames;
}
