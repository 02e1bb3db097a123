import { ChatError } from '../operation/errors.ts';
import type { Entry } from './change.ts';

/** The number of concurrent attempts. Each uses a database connection. */
const MAX_CONCURRENT_ATTEMPTS = 4;
/** The lock timeout of an attempt, so that other groups get attempts too. */
const MAX_LOCK_TIMEOUT_MS = 1_000;
const MIN_LOCK_TIMEOUT_MS = 50;
const RETRY_PAUSE_MS = 50;
/** How long after a `busy` refusal the changes of a conversation are kept out of ordinary batches. */
const BUSY_MEMORY_MS = 60_000;
const RETRY_AFTER_SEC = 2;

/** Entries that are attempted together. They share no conversation with entries of other groups. */
type RetryGroup = { readonly entries: Entry[]; readonly conversations: Set<number>; readonly connections: Set<object> };
type Dependencies = {
  /** Sets `located` of entries that name messages. Never rejects. */
  locate(entries: readonly Entry[]): Promise<void>;
  /** Commits entries and settles them. Returns those that did not get their locks in time. Never rejects. */
  attempt(entries: readonly Entry[], lockWithinMs: number): Promise<readonly Entry[]>;
  /** Called when entries behind the ones in this queue may have become free to commit. */
  onProgress(): void;
};

/** The conversations that an entry changes, as far as they are known. */
const conversationsOf = ({ change, item, located = [] }: Entry) => [...(change.locks?.(item) ?? []), ...located];
const isLocated = ({ change, located }: Entry) => change.locate === undefined || located !== undefined;

/**
 * Retries the entries of batches that did not get their locks in time, because another transaction holds a row. Entries are
 * grouped by conversation, and each group is attempted in its own transaction, concurrently with the writer.
 *
 * An entry starts after the earlier entries of its connection have been settled, so each connection remains ordered. An entry
 * that waits only for its connection does not block others in its conversation: connections are not ordered among each other.
 */
export class LockRetryQueue {
  readonly #dependencies: Dependencies;
  readonly #busyAfterMs: number;
  readonly #groups = new Set<RetryGroup>();
  /** In queue order. */
  #waiting: Entry[] = [];
  /** The connections of all entries here. */
  #connections: ReadonlySet<object> = new Set();
  /** The conversations of entries that are being attempted or wait for locks, not of those that wait for their connection. */
  #conversations: ReadonlySet<number> = new Set();

  /** Conversations with a `busy` refusal, and until when their entries go through this queue, as `performance.now()`. */
  readonly #recentlyBusy = new Map<number, number>();

  /** @param busyAfterMs how long after it was queued an entry without its locks is refused as `busy` */
  constructor(dependencies: Dependencies, busyAfterMs: number) {
    this.#dependencies = dependencies;
    this.#busyAfterMs = busyAfterMs;
  }

  get size(): number {
    let size = this.#waiting.length;
    for (const { entries } of this.#groups) size += entries.length;
    return size;
  }

  /** Whether no entry has to wait. */
  get isIdle(): boolean {
    return this.#recentlyBusy.size === 0 && this.#groups.size === 0 && this.#waiting.length === 0;
  }

  /** Whether an entry has to wait behind entries of this queue. If it names messages, it has to be located. */
  mustWait(entry: Entry): boolean {
    if (entry.connection !== undefined && this.#connections.has(entry.connection)) return true;
    const now = performance.now();
    for (const [id, until] of this.#recentlyBusy) if (until <= now) this.#recentlyBusy.delete(id);
    return conversationsOf(entry).some((id) => this.#conversations.has(id) || this.#recentlyBusy.has(id));
  }

  /** Adds entries, in queue order. */
  add(entries: readonly Entry[]): void {
    this.#waiting = [...this.#waiting, ...entries].sort((a, b) => a.number - b.number);
    this.#connections = new Set([...this.#connections, ...connectionsOf(entries)]);
    if (entries.every(isLocated)) this.#schedule();
    else void this.#dependencies.locate(entries).then(() => this.#schedule());
  }

  #schedule(): void {
    const running = [...this.#groups];
    const { groups, blocked, behind } = this.#split();
    const started = groups.splice(0, MAX_CONCURRENT_ATTEMPTS - this.#groups.size);
    this.#waiting = [...groups.flatMap(({ entries }) => entries), ...blocked, ...behind].sort(
      (a, b) => a.number - b.number,
    );
    const all = [...running, ...started, ...groups];
    this.#connections = new Set([
      ...all.flatMap(({ connections }) => [...connections]),
      ...connectionsOf([...blocked, ...behind]),
    ]);
    this.#conversations = new Set([
      ...all.flatMap(({ conversations }) => [...conversations]),
      ...blocked.flatMap(conversationsOf),
    ]);
    for (const group of started) void this.#run(group);
    this.#dependencies.onProgress();
  }

  /** Splits the waiting entries: groups to attempt, entries blocked by a conversation, and entries behind their connection. */
  #split(): { groups: RetryGroup[]; blocked: Entry[]; behind: Entry[] } {
    const running = [...this.#groups];
    const lockedConversations = new Set(running.flatMap(({ conversations }) => [...conversations]));
    const blockedConnections = new Set(running.flatMap(({ connections }) => [...connections]));
    const groups = new RetryGroups();
    const blocked: Entry[] = [];
    const behind: Entry[] = [];
    for (const entry of this.#waiting) {
      if (entry.endsAt <= performance.now()) {
        entry.reject(new ChatError('database_unavailable', { retryAfter: RETRY_AFTER_SEC }));
        continue;
      }
      const { connection } = entry;
      const isBehind = (connection !== undefined && blockedConnections.has(connection)) || !isLocated(entry);
      if (isBehind) behind.push(entry);
      else if (conversationsOf(entry).some((id) => lockedConversations.has(id))) blocked.push(entry);
      else if (!groups.add(entry)) behind.push(entry);
      else continue;
      if (connection !== undefined) blockedConnections.add(connection);
    }
    return { groups: groups.inOrder(), blocked, behind };
  }

  async #run(group: RetryGroup): Promise<void> {
    this.#groups.add(group);
    const failed = await this.#dependencies.attempt(group.entries, this.#lockTimeoutFor(group));
    if (failed.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    this.#groups.delete(group);
    if (failed.length === 0) for (const id of group.conversations) this.#recentlyBusy.delete(id);
    for (const entry of failed) this.#retryOrRefuse(entry);
    this.#waiting.sort((a, b) => a.number - b.number);
    this.#schedule();
  }

  #retryOrRefuse(entry: Entry): void {
    const now = performance.now();
    entry.attempts = (entry.attempts ?? 0) + 1;
    if (entry.queuedAt + this.#busyAfterMs > now) return void this.#waiting.push(entry);
    for (const id of conversationsOf(entry)) this.#recentlyBusy.set(id, now + BUSY_MEMORY_MS);
    entry.reject(new ChatError('busy', { retryAfter: RETRY_AFTER_SEC }));
  }

  #lockTimeoutFor({ entries }: RetryGroup): number {
    const oldest = Math.min(...entries.map(({ queuedAt }) => queuedAt));
    return Math.max(MIN_LOCK_TIMEOUT_MS, Math.min(MAX_LOCK_TIMEOUT_MS, oldest + this.#busyAfterMs - performance.now()));
  }
}

/** Groups entries that share conversations. */
class RetryGroups {
  readonly #ofConversation = new Map<number, RetryGroup>();
  readonly #ofConnection = new Map<object, RetryGroup>();
  readonly #all = new Set<RetryGroup>();

  /** @returns false if an earlier entry of the same connection is in another group */
  add(entry: Entry): boolean {
    const conversations = conversationsOf(entry);
    const { connection } = entry;
    const sharing = new Set(conversations.flatMap((id) => this.#ofConversation.get(id) ?? []));
    const ofConnection = connection && this.#ofConnection.get(connection);
    if (ofConnection !== undefined && !sharing.has(ofConnection)) return false;
    const group = this.#merged([...sharing]);
    group.entries.push(entry);
    for (const id of conversations) {
      group.conversations.add(id);
      this.#ofConversation.set(id, group);
    }
    if (connection !== undefined) {
      group.connections.add(connection);
      this.#ofConnection.set(connection, group);
    }
    return true;
  }

  #merged([first, ...others]: readonly RetryGroup[]): RetryGroup {
    const group = first ?? { entries: [], conversations: new Set(), connections: new Set() };
    for (const other of others) {
      group.entries.push(...other.entries);
      for (const id of other.conversations) {
        group.conversations.add(id);
        this.#ofConversation.set(id, group);
      }
      for (const connection of other.connections) {
        group.connections.add(connection);
        this.#ofConnection.set(connection, group);
      }
      this.#all.delete(other);
    }
    if (others.length > 0) group.entries.sort((a, b) => a.number - b.number);
    this.#all.add(group);
    return group;
  }

  /** In order of attempts, fewest first, then oldest first. */
  inOrder(): RetryGroup[] {
    const attemptsOf = ({ entries }: RetryGroup) => Math.min(...entries.map(({ attempts = 0 }) => attempts));
    return [...this.#all].sort(
      (a, b) => attemptsOf(a) - attemptsOf(b) || (a.entries[0]?.number ?? 0) - (b.entries[0]?.number ?? 0),
    );
  }
}

const connectionsOf = (entries: readonly Entry[]) => entries.flatMap(({ connection }) => connection ?? []);
