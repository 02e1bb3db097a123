import type { Database, Queries } from '../database.ts';
import { isRefusal } from '../database-errors.ts';
import type { Deliver, Effect } from '../effects.ts';
import { ChatError } from '../errors.ts';
import type { Observer } from '../observer.ts';
import { Batch } from './batch.ts';

/** What one item of a batch came to: its answer and what it means for clients, or why it was refused. */
export type Outcome<Answer> = { answer: Answer; effects?: readonly Effect[] } | { refused: ChatError };

/** An outcome, or how to tell it when everything has been written. */
type Outcomes<Answer> = (Outcome<Answer> | (() => Outcome<Answer>))[];

/** One kind of change. Its items are run together, many in a few statements. */
export type Change<Item, Answer, Found = void> = {
  /** The conversations that an item touches. Their rows are locked, in the order of their ids, before anything runs. */
  locks(item: Item): readonly number[];
  /** Looks up what `run` needs to know; where nothing has been changed before, it is asked for together with the locks. */
  find?(queries: Queries, items: readonly Item[]): Promise<Found>;
  /** Gives an outcome per item, in the items' order. It refuses an item before it writes anything for it. */
  run(batch: Batch, items: readonly Item[], found: Found): Promise<Outcomes<Answer>>;
  /** Such items commute with all others, so they may wait for the end of their batch and run together there. */
  commutes?: boolean;
};

type Entry = {
  change: Change<unknown, unknown, unknown>;
  item: unknown;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  /** The database refused a batch that it was in. */
  alone?: boolean;
};

const MAX_BATCH = 1_000;
const MAX_QUEUED = 20_000;
const RETRY_AFTER_BUSY_SEC = 1;

/**
 * The one line through which every durable change of a conversation goes: whatever is queued is committed as one
 * transaction, then delivered and acknowledged in the order of its `seq`. Nothing waits for a timer: when idle, a change
 * commits alone at once; under load the batch grows by itself. (Group commit: DeWitt et al., SIGMOD 1984.)
 *
 * On PostgreSQL the next batch begins when only the commit of the last is left: its locks are held until then, so the
 * next one's numbers are higher, and each is settled after the one before it. At most two are under way.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #deliver: Deliver;
  #queue: Entry[] = [];
  #running = false;
  /** Resolves when the newest batch has been settled. */
  #settled = Promise.resolve();
  readonly #committed: Observer['committed'];
  readonly #clock: () => number;

  /** @param clock the moment that a transaction's changes bear, in milliseconds since 1970 */
  constructor(
    database: Database,
    deliver: Deliver,
    { committed }: Pick<Observer, 'committed'>,
    clock: () => number = Date.now,
  ) {
    this.#clock = clock;
    this.#database = database;
    this.#deliver = deliver;
    this.#committed = committed;
  }

  /** How many changes wait for the next transaction. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Queues a change; resolves with its answer after the commit, when its effects have been handed to the clients.
   * @throws ChatError `busy` when too much is queued, `database_unavailable`, or whatever the change refuses with
   */
  submit<Item, Answer, Found>(change: Change<Item, Answer, Found>, item: Item): Promise<Answer> {
    if (this.#queue.length >= MAX_QUEUED) throw new ChatError('busy', { retryAfter: RETRY_AFTER_BUSY_SEC });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // an entry's item and answer belong to its own change, which is all that ever sees them
    this.#queue.push({ change, item, resolve, reject } as unknown as Entry);
    this.#wake();
    return promise;
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // not now but when this turn of the event loop has read every socket: that is what fills the first batch
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const before = this.#settled;
      const entries = this.#queue[0]?.alone ? this.#queue.splice(0, 1) : this.#queue.splice(0, MAX_BATCH);
      const { promise: written, resolve } = Promise.withResolvers<void>();
      this.#settled = this.#commit(entries, before, resolve);
      await Promise.all([this.#database.overlapping ? Promise.race([written, this.#settled]) : this.#settled, before]);
      await nextTurn();
    }
    this.#running = false;
  }

  /**
   * Commits the entries together and settles them, after those of the batch before. If the database refuses them so,
   * they are queued again, each to be committed alone, and only the guilty ones fail.
   * @param written called when only the commit itself is left to do
   */
  async #commit(entries: readonly Entry[], before: Promise<void>, written: () => void): Promise<void> {
    const began = performance.now();
    let committing = false;
    let refused = false;
    const noteRefusal = (error: unknown) => {
      refused = isRefusal(error);
      throw error;
    };
    try {
      const outcomes = await this.#database.transaction(async (transaction, last) => {
        const [batch, runs] = await beginBatch(transaction, entries, this.#clock());
        const results = await runAll(batch, runs);
        committing = true;
        last(batch.finish().catch(noteRefusal));
        written();
        return results;
      });
      this.#committed(entries.length, performance.now() - began);
      await before;
      for (const [entry, outcome] of outcomes) this.#settle(entry, typeof outcome === 'function' ? outcome() : outcome);
    } catch (error) {
      // whether a commit that failed midway happened is unknown: repeating it could double what has no client id
      const unknown = committing && !refused;
      if (unknown || entries.length === 1 || this.#database.isUnavailable(error)) return rejectAll(entries, error);
      this.#queue.unshift(...entries.map((entry) => ({ ...entry, alone: true })));
      this.#wake();
    }
  }

  #settle(entry: Entry, outcome: Outcome<unknown>): void {
    if ('refused' in outcome) return entry.reject(outcome.refused);
    const delivered = outcome.effects && this.#deliver(outcome.effects);
    if (delivered === undefined) return entry.resolve(outcome.answer);
    delivered.then(() => entry.resolve(outcome.answer), entry.reject);
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function rejectAll(entries: readonly Entry[], error: unknown): void {
  for (const entry of entries) entry.reject(error);
}

const locksOf = (entries: readonly Entry[]) => new Set(entries.flatMap(({ change, item }) => [...change.locks(item)]));

type Run = { change: Entry['change']; entries: readonly Entry[]; items: readonly unknown[]; found?: unknown };

/** The locked conversations, and what is to be run: for the first of it, what it needs to know has been looked up too. */
async function beginBatch(transaction: Queries, entries: readonly Entry[], now: number): Promise<[Batch, Run[]]> {
  const runs = runsOf(entries);
  const [first] = runs as [Run]; // a batch is never empty
  // one after the other on their way, so that what is found is what was there when the locks had been taken
  const [batch, found] = await Promise.all([
    Batch.begin(transaction, locksOf(entries), now),
    first.change.find?.(transaction, first.items),
  ]);
  first.found = found;
  return [batch, runs];
}

/** Runs one after the other: each sees what those before it have changed. */
async function runAll(batch: Batch, runs: readonly Run[]): Promise<[Entry, Outcomes<unknown>[number]][]> {
  const settled: [Entry, Outcomes<unknown>[number]][] = [];
  for (const [place, { change, entries, items, found }] of runs.entries()) {
    const outcomes = await change.run(batch, items, place === 0 ? found : await change.find?.(batch, items));
    for (const [index, entry] of entries.entries()) settled.push([entry, outcomes[index] as Outcome<unknown>]);
  }
  return settled;
}

/** Neighbours of one kind are run together, and what commutes at the end. */
function runsOf(entries: readonly Entry[]): Run[] {
  const ordered = entries.filter(({ change }) => !change.commutes);
  const last = Map.groupBy(
    entries.filter(({ change }) => change.commutes),
    ({ change }) => change,
  );
  const runs: Entry[][] = [];
  for (const entry of ordered) {
    const current = runs.at(-1);
    if (current?.[0]?.change === entry.change) current.push(entry);
    else runs.push([entry]);
  }
  return [...runs, ...last.values()].map((run) => ({
    change: (run[0] as Entry).change, // a run is never empty
    entries: run,
    items: run.map(({ item }) => item),
  }));
}
