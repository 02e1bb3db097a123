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
  /** The conversations that an item names. Their rows are locked, in the order of their ids, before anything runs. */
  locks?(item: Item): readonly number[];
  /** Looks up the conversations of items that name messages instead; they are locked as those that items name. */
  locate?(queries: Queries, items: readonly Item[]): Promise<readonly number[]>;
  /** Looks up what `run` needs to know; where nothing has been changed before, it is asked for together with the locks. */
  find?(queries: Queries, items: readonly Item[]): Promise<Found>;
  /** Gives an outcome per item, in the items' order. It refuses an item before it writes anything for it. */
  run(batch: Batch, items: readonly Item[], found: Found): Promise<Outcomes<Answer>>;
  /** Such items may run after the sends that follow them, many together; but before any other change that follows them. */
  commutesWithSends?: boolean;
  /** Messages are sent: what commutes with that may run afterwards. */
  sends?: boolean;
};

type Entry = {
  change: Change<unknown, unknown, unknown>;
  item: unknown;
  /** Its place among all that was ever queued. */
  number: number;
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
 * next one's numbers are higher. It is committed and settled after the one before it, so changes take effect in the order
 * in which they were queued, whatever they are. At most two are under way.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #deliver: Deliver;
  #queue: Entry[] = [];
  #running = false;
  /** Resolves when the newest batch has been settled. */
  #settled = Promise.resolve();
  #submitted = 0;
  /** How often a batch was queued again. */
  #requeued = 0;
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
    this.#submitted += 1;
    this.#queue.push({ change, item, number: this.#submitted, resolve, reject } as unknown as Entry);
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
   * @param before the batch before: if it is queued again, so is this one, behind it
   * @param written called when only the commit itself is left to do
   */
  async #commit(entries: readonly Entry[], before: Promise<void>, written: () => void): Promise<void> {
    const began = performance.now();
    const requeued = this.#requeued;
    let committing = false;
    let refused = false;
    const noteRefusal = (error: unknown) => {
      refused = isRefusal(error);
      throw error;
    };
    try {
      const outcomes = await this.#database.transaction(async (transaction, last) => {
        const [batch, runs] = await beginBatch(transaction, entries, this.#clock());
        const results = await runAll(batch, runs, entries);
        await before;
        if (this.#requeued !== requeued) throw new Overtaken();
        committing = true;
        last(batch.finish().catch(noteRefusal));
        written();
        return results;
      });
      this.#committed(entries.length, performance.now() - began);
      for (const [index, entry] of entries.entries()) this.#settle(entry, outcomes[index] as Settled);
    } catch (error) {
      if (error instanceof Overtaken) return this.#requeue(entries);
      await before;
      // whether a commit that failed midway happened is unknown: repeating it could double what has no client id
      const unknown = committing && !refused;
      if (unknown || entries.length === 1 || this.#database.isUnavailable(error)) return rejectAll(entries, error);
      return this.#requeue(entries.map((entry) => ({ ...entry, alone: true })));
    }
  }

  #requeue(entries: readonly Entry[]): void {
    this.#requeued += 1;
    this.#queue = [...entries, ...this.#queue].sort((a, b) => a.number - b.number);
    this.#wake();
  }

  #settle(entry: Entry, settled: Settled): void {
    const outcome = typeof settled === 'function' ? settled() : settled;
    if ('refused' in outcome) return entry.reject(outcome.refused);
    const delivered = outcome.effects && this.#deliver(outcome.effects);
    if (delivered === undefined) return entry.resolve(outcome.answer);
    delivered.then(() => entry.resolve(outcome.answer), entry.reject);
  }
}

type Settled = Outcomes<unknown>[number];

/** The batch before is queued again, and nothing may be committed that was queued after it. */
class Overtaken extends Error {}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function rejectAll(entries: readonly Entry[], error: unknown): void {
  for (const entry of entries) entry.reject(error);
}

/** Neighbours of a batch that are run together. */
type Run = { change: Entry['change']; places: readonly number[]; items: readonly unknown[]; found?: unknown };

/** The locked conversations, and what is to be run: for the first of it, what it needs to know has been looked up too. */
async function beginBatch(transaction: Queries, entries: readonly Entry[], now: number): Promise<[Batch, Run[]]> {
  const runs = runsOf(entries);
  const [first] = runs as [Run]; // a batch is never empty
  const locks = new Set(entries.flatMap(({ change, item }) => [...(change.locks?.(item) ?? [])]));
  if (runs.some(({ change }) => change.locate !== undefined)) await locate(transaction, runs, locks);
  // one after the other on their way, so that what is found is what was there when the locks had been taken
  const [batch, found] = await Promise.all([
    Batch.begin(transaction, locks, now),
    first.change.find?.(transaction, first.items),
  ]);
  first.found = found;
  return [batch, runs];
}

async function locate(transaction: Queries, runs: readonly Run[], locks: Set<number>): Promise<void> {
  const located = await Promise.all(runs.map(({ change, items }) => change.locate?.(transaction, items) ?? []));
  for (const id of located.flat()) locks.add(id);
}

/** Runs one after the other: each sees what those before it have changed. The outcomes are in the order of the entries. */
async function runAll(batch: Batch, runs: readonly Run[], entries: readonly Entry[]): Promise<Settled[]> {
  const settled = new Array<Settled>(entries.length);
  for (const [index, { change, places, items, found }] of runs.entries()) {
    const outcomes = await change.run(batch, items, index === 0 ? found : await change.find?.(batch, items));
    for (const [at, place] of places.entries()) settled[place] = outcomes[at] as Settled; // one for each item
  }
  return settled;
}

/** Neighbours of one kind are run together. What commutes with sends is gathered, and run before any other change. */
function runsOf(entries: readonly Entry[]): Run[] {
  const runs: number[][] = [];
  const gathered = new Map<Entry['change'], number[]>();
  const changeOf = (places: readonly number[] | undefined) => entries[places?.[0] ?? -1]?.change;
  const runGathered = () => {
    runs.push(...gathered.values());
    gathered.clear();
  };
  for (const [place, { change }] of entries.entries()) {
    if (change.commutesWithSends) {
      const places = gathered.get(change) ?? [];
      places.push(place);
      gathered.set(change, places);
      continue;
    }
    if (!change.sends) runGathered();
    const current = runs.at(-1);
    if (current !== undefined && changeOf(current) === change) current.push(place);
    else runs.push([place]);
  }
  runGathered();
  return runs.map((places) => ({
    change: changeOf(places) as Entry['change'], // no run is empty
    places,
    items: places.map((place) => entries[place]?.item),
  }));
}
