import type { Queries } from '../database/queries.ts';
import type { Effect } from '../delivery/effects.ts';
import type { CallInfo } from '../operation/caller.ts';
import type { ChatError } from '../operation/errors.ts';
import type { Batch } from './batch.ts';

/** The answer of a committed change, and its effects for delivery. */
export type ChangeResult<Answer> = { readonly answer: Answer; readonly effects?: readonly Effect[] };

/**
 * A kind of change. The writer locks the conversations, calls `find` and `run`, commits, and calls `present`. The items of a
 * batch run together, in a few statements.
 */
export type Change<Item, Answer, Made = unknown, Found = unknown> = {
  /** The conversations that an item names. Their rows are locked before `run`. */
  locks?(item: Item): readonly number[];
  /** Looks up the conversations of items that name messages. They are locked as well. */
  locate?(queries: Queries, items: readonly Item[]): Promise<readonly number[]>;
  /** Reads what `run` needs. For the first change of a batch, it is sent together with the locks. */
  find?(queries: Queries, items: readonly Item[]): Promise<Found>;
  /**
   * Applies the change of each item. Returns what `present` needs, or a ChatError to refuse the item before anything is
   * written for it.
   */
  run(batch: Batch, items: readonly Item[], found: Found): Promise<readonly (Made | ChatError)[]>;
  /** Returns the answer and the effects of an item. Called once, after the commit. */
  present(made: Made, item: Item): ChangeResult<Answer>;
  /** Items may be postponed past later sends, to run together, but not past other later changes. */
  readonly commutesWithSends?: boolean;
  /** The change sends messages. */
  readonly sends?: boolean;
};

/** The call that submits a change: its position, and when it arrived. */
export type CallReference = Pick<CallInfo, 'position' | 'startedAt'>;

/** A change in the writer's queue. */
export type Entry = {
  readonly change: Change<unknown, unknown>;
  readonly item: unknown;
  /** The position among all entries that were ever queued. */
  readonly number: number;
  /** The connection of the call; its changes take effect in order. Undefined for a change without a call. */
  readonly connection: object | undefined;
  /** When it was queued, as `performance.now()`. */
  readonly queuedAt: number;
  /** When the caller gets an error instead, as `performance.now()`: after that the change must not be committed. */
  readonly endsAt: number;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  /** Commit it alone: the database refused a batch that contained it. */
  alone?: boolean;
  /** The number of attempts that did not get their locks. */
  attempts?: number;
  /** The conversations of the messages that it names, once looked up. */
  located?: readonly number[];
};
