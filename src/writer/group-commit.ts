import type { Database } from '../database/database.ts';
import { isConflict, isRefusal, isUnavailable } from '../database/errors.ts';
import type { Deliver } from '../delivery/effects.ts';
import { ChatError } from '../operation/errors.ts';
import type { Observer } from '../operation/observer.ts';
import type { CallReference, Change, Entry } from './change.ts';
import { LockRetryQueue } from './lock-retry-queue.ts';
import { beginBatch, runAll } from './run-batch.ts';

/** The limits of the writer, in milliseconds. */
export type WriterLimits = {
  /** A change is not committed later than this. Its caller gets the error a second after. */
  readonly commitWithinMs: number;
  /** A batch that waits longer for a lock is split. */
  readonly lockWithinMs: number;
  /** A change without its locks for this long is refused as `busy`. PostgreSQL terminates idle lock holders after 5 s. */
  readonly busyAfterMs: number;
  /** A batch that takes longer is reported as stuck. */
  readonly stuckAfterMs: number;
};
const WRITER_LIMITS: WriterLimits = {
  commitWithinMs: 9_000,
  lockWithinMs: 2_000,
  busyAfterMs: 6_500,
  stuckAfterMs: 5_000,
};

type Options = {
  /** The time of a transaction's changes, in milliseconds since 1970. */
  readonly clock?: () => number;
  readonly limits?: WriterLimits;
  /** Called with errors that led to a retry or to `busy`. */
  readonly onConflict?: (error: unknown) => void;
};

const MAX_BATCH = 1_000;
const MAX_QUEUED = 20_000;
const RETRY_AFTER_BUSY_SEC = 1;
const RETRY_AFTER_EXPIRY_SEC = 2;

/** One attempt to commit entries together. */
type Attempt = {
  readonly entries: readonly Entry[];
  readonly lockWithinMs: number;
  /** Resolves when the previous entries have been settled. @throws if these entries must not be committed */
  ready(): Promise<void>;
  /** Called when only the commit remains. */
  written?(): void;
};
/** @property unknown the commit was sent and no answer came: it may have been committed */
type Failure = { readonly error: unknown; readonly unknown: boolean };

/**
 * The queue of all durable changes of conversations. Everything that is queued is committed as one transaction, then delivered
 * and acknowledged in the order of `seq`. There is no timer: an idle writer commits a single change at once, and under load the
 * batches grow. (Group commit: DeWitt et al., SIGMOD 1984.)
 *
 * On PostgreSQL, the next batch begins when only the commit of the previous one remains: the locks are held until then, so the
 * next batch gets higher numbers. It is committed and settled after the previous one, so all changes take effect in queue
 * order. At most two batches are in progress.
 *
 * A batch that does not get its locks is moved to the retry queue (`lock-retry-queue.ts`), which attempts it in parts.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #deliver: Deliver;
  #queue: Entry[] = [];
  #running = false;
  /** Resolves when the latest batch has been settled. */
  #settled = Promise.resolve();
  #submitted = 0;
  /** The number of batches that were queued again. */
  #requeued = 0;
  /** The start times of the batches in progress, as `performance.now()`, oldest first. */
  readonly #startTimes: number[] = [];
  readonly #committed: Observer['committed'];
  readonly #clock: () => number;
  readonly #limits: WriterLimits;
  readonly #onConflict: (error: unknown) => void;
  readonly #retries: LockRetryQueue;

  constructor(
    database: Database,
    deliver: Deliver,
    { committed }: Pick<Observer, 'committed'>,
    { clock = database.now, limits = WRITER_LIMITS, onConflict = () => undefined }: Options = {},
  ) {
    this.#clock = clock;
    this.#database = database;
    this.#deliver = deliver;
    this.#committed = committed;
    this.#limits = limits;
    this.#onConflict = onConflict;
    this.#retries = new LockRetryQueue(
      {
        locate: (entries) => this.#locate(entries),
        attempt: (entries, lockWithinMs) => this.#attemptRetry(entries, lockWithinMs),
        onProgress: () => this.#wake(),
      },
      limits.busyAfterMs,
    );
  }

  /** The number of waiting changes. */
  get queued(): number {
    return this.#queue.length + this.#retries.size;
  }

  /** Whether a batch has been in progress for longer than `stuckAfterMs`. */
  get isStuck(): boolean {
    const [oldest] = this.#startTimes;
    return oldest !== undefined && performance.now() - oldest > this.#limits.stuckAfterMs;
  }

  /**
   * Queues a change. Resolves with its answer after the commit and the delivery of its effects.
   * @param call the call that submits the change: the changes of its connection take effect in order, and none is committed
   *   after its call has been answered with a timeout
   * @throws ChatError `busy` if the queue is full or the change does not get its locks, `database_unavailable`, or the error
   *   that refuses the change
   */
  submit<Item, Answer>(
    change: Change<Item, Answer>,
    item: Item,
    { position, startedAt }: CallReference = {},
  ): Promise<Answer> {
    if (this.queued >= MAX_QUEUED) throw new ChatError('busy', { retryAfter: RETRY_AFTER_BUSY_SEC });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const queuedAt = performance.now();
    this.#submitted += 1;
    const entry = {
      change,
      item,
      number: this.#submitted,
      connection: position?.connection,
      queuedAt,
      endsAt: (startedAt ?? queuedAt) + this.#limits.commitWithinMs,
      resolve,
      reject,
    };
    // only the entry's own change sees its item and its answer
    this.#queue.push(entry as unknown as Entry);
    this.#wake();
    return promise;
  }

  #wake(): void {
    if (this.#running || this.#queue.length === 0) return;
    this.#running = true;
    // in the check phase, after all sockets have been read: this fills the first batch
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const before = this.#settled;
      const entries = this.#retries.isIdle ? this.#take() : await this.#takeUnblocked();
      if (entries.length === 0) continue;
      const { promise: written, resolve } = Promise.withResolvers<void>();
      this.#settled = this.#commit(entries, before, resolve);
      await Promise.all([this.#database.overlapping ? Promise.race([written, this.#settled]) : this.#settled, before]);
      await yieldToEventLoop();
    }
    this.#running = false;
  }

  /** Takes the next batch from the queue, without entries that are past their deadline. */
  #take(): readonly Entry[] {
    return dropExpired(this.#queue[0]?.alone ? this.#queue.splice(0, 1) : this.#queue.splice(0, MAX_BATCH));
  }

  /** Takes the next batch, and moves entries that have to wait behind the retry queue to it. */
  async #takeUnblocked(): Promise<readonly Entry[]> {
    await this.#locate(this.#queue.slice(0, MAX_BATCH));
    const entries: Entry[] = [];
    const blocked: Entry[] = [];
    const connections = new Set<object | undefined>();
    for (const entry of this.#take()) {
      const { connection } = entry;
      // later entries of the same connection have to wait as well
      const isBlocked = (connection !== undefined && connections.has(connection)) || this.#retries.mustWait(entry);
      (isBlocked ? blocked : entries).push(entry);
      if (isBlocked) connections.add(connection);
    }
    if (blocked.length > 0) this.#retries.add(blocked);
    return entries;
  }

  /** Looks up the conversations of entries that name messages, which never change. */
  async #locate(entries: readonly Entry[]): Promise<void> {
    const unknown = entries.filter(({ change, located }) => change.locate !== undefined && located === undefined);
    if (unknown.length === 0) return;
    const lookUp = this.#database.transaction((queries) =>
      Promise.all(unknown.map(({ change, item }) => change.locate?.(queries, [item]))),
    );
    const found = await lookUp.catch(() => []);
    for (const [index, entry] of unknown.entries()) entry.located = found[index] ?? [];
  }

  /**
   * Commits the entries together and settles them, after the previous batch. If the database refuses them, they are queued
   * again, each to be committed alone, so that only the faulty ones fail.
   * @param before the previous batch: if it is queued again, this one is queued again behind it
   * @param written called when only the commit remains
   */
  async #commit(entries: readonly Entry[], before: Promise<void>, written: () => void): Promise<void> {
    const requeued = this.#requeued;
    const ready = async () => {
      await before;
      if (this.#requeued !== requeued) throw new PreviousRequeued();
    };
    this.#startTimes.push(performance.now());
    const failure = await this.#attempt({ entries, lockWithinMs: this.#limits.lockWithinMs, ready, written });
    await before;
    this.#startTimes.shift();
    if (failure === undefined) return;
    const { error, unknown } = failure;
    if (error instanceof PreviousRequeued) return this.#requeue(entries);
    if (error instanceof DeadlinePassed) return this.#requeue(dropExpired(entries));
    // the transaction may have been committed: a retry could duplicate messages without a `client_message_id`
    if (unknown || isUnavailable(error)) return rejectAll(entries, error);
    if (isConflict(error)) return this.#moveToRetries(entries, error);
    if (entries.length === 1) return rejectAll(entries, error);
    return this.#requeue(entries.map((entry) => ({ ...entry, alone: true })));
  }

  /** The same for entries of the retry queue, concurrently with the queue. Returns those that did not get their locks. */
  async #attemptRetry(all: readonly Entry[], lockWithinMs: number): Promise<readonly Entry[]> {
    const before = this.#settled; // it may contain earlier changes of the same connections
    await before;
    const entries = dropExpired(all);
    if (entries.length === 0) return [];
    const failure = await this.#attempt({ entries, lockWithinMs, ready: () => before });
    if (failure === undefined) return [];
    const { error, unknown } = failure;
    if (error instanceof DeadlinePassed) return entries;
    if (unknown || isUnavailable(error)) rejectAll(entries, error);
    else if (isConflict(error)) {
      this.#onConflict(error);
      return entries;
    } else if (entries.length === 1) rejectAll(entries, error);
    else return this.#attemptRetryOneByOne(entries, lockWithinMs);
    return [];
  }

  async #attemptRetryOneByOne(entries: readonly Entry[], lockWithinMs: number): Promise<readonly Entry[]> {
    for (const [index, entry] of entries.entries()) {
      const failed = await this.#attemptRetry([entry], lockWithinMs);
      if (failed.length > 0) return entries.slice(index); // later ones must not overtake it
    }
    return [];
  }

  async #attempt({ entries, lockWithinMs, ready, written }: Attempt): Promise<Failure | undefined> {
    const startedAt = performance.now();
    const endsAt = entries.reduce((least, entry) => Math.min(least, entry.endsAt), Number.POSITIVE_INFINITY);
    let committing = false;
    let refused = false;
    const noteRefusal = (error: unknown) => {
      refused = isRefusal(error);
      throw error;
    };
    try {
      const all = await this.#database.transaction(
        async (transaction, last) => {
          const [batch, runs] = await beginBatch(transaction, entries, this.#clock());
          const made = await runAll(batch, runs, entries);
          await ready();
          if (performance.now() >= endsAt) throw new DeadlinePassed();
          committing = true;
          last(batch.finish().catch(noteRefusal));
          written?.();
          return made;
        },
        { lockWithinMs },
      );
      this.#committed(entries.length, performance.now() - startedAt);
      for (const [index, entry] of entries.entries()) this.#settle(entry, all[index]);
      return undefined;
    } catch (error) {
      return { error, unknown: committing && !refused };
    }
  }

  #moveToRetries(entries: readonly Entry[], error: unknown): void {
    this.#requeued += 1; // the batch in progress may contain entries that have to wait behind these
    this.#onConflict(error);
    this.#retries.add(entries);
    this.#wake();
  }

  #requeue(entries: readonly Entry[]): void {
    this.#requeued += 1;
    this.#queue = [...entries, ...this.#queue].sort((a, b) => a.number - b.number);
    this.#wake();
  }

  #settle(entry: Entry, made: unknown): void {
    if (made instanceof ChatError) return entry.reject(made);
    const { answer, effects } = entry.change.present(made, entry.item);
    const delivered = effects && this.#deliver(effects);
    if (delivered === undefined) return entry.resolve(answer);
    delivered.then(() => entry.resolve(answer), entry.reject);
  }
}

/** The previous batch is queued again, and later entries must not be committed before it. */
class PreviousRequeued extends Error {}
/** An entry of the batch is past its deadline. */
class DeadlinePassed extends Error {}

const yieldToEventLoop = () => new Promise((resolve) => setImmediate(resolve));

function rejectAll(entries: readonly Entry[], error: unknown): void {
  for (const entry of entries) entry.reject(error);
}

/** Refuses the entries past their deadline: after the error, the change must not take effect over later changes. */
function dropExpired(entries: readonly Entry[]): readonly Entry[] {
  const now = performance.now();
  const isLate = ({ endsAt }: Entry) => endsAt <= now;
  if (!entries.some(isLate)) return entries;
  const error = new ChatError('database_unavailable', { retryAfter: RETRY_AFTER_EXPIRY_SEC });
  rejectAll(entries.filter(isLate), error);
  return entries.filter((entry) => !isLate(entry));
}
