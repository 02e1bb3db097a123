import type { Effect } from '../effects.ts';
import { ChatError } from '../errors.ts';
import type { Result } from '../operation.ts';
import type { Batch } from './batch.ts';
import type { Change, Outcome } from './group-commit.ts';

export type Done = { answer: Result; effects?: readonly Effect[] };

/**
 * A change whose items run one after the other. It throws a ChatError to refuse, before it has written anything: what
 * it wrote would be committed with the rest of the batch.
 * @param locking which conversations an item changes
 */
export function single<Item>(
  run: (batch: Batch, item: Item) => Promise<Done>,
  locking: Pick<Change<Item, Result>, 'locks' | 'locate'> = {},
): Change<Item, Result> {
  return {
    ...locking,
    async run(batch, items) {
      const outcomes: Outcome<Result>[] = [];
      for (const item of items) outcomes.push(await run(batch, item).catch(refused));
      return outcomes;
    },
  };
}

/** What was thrown to refuse an item, as its outcome; anything else is thrown on. */
export function refused(error: unknown): { refused: ChatError } {
  if (error instanceof ChatError) return { refused: error };
  throw error;
}

/** For items that name the conversation that they change. */
export const named = { locks: ({ conversationId }: { conversationId: number }) => [conversationId] };
