import type { Effect } from '../effects.ts';
import { ChatError } from '../errors.ts';
import type { Result } from '../operation.ts';
import type { Batch } from './batch.ts';
import type { Change, Outcome } from './group-commit.ts';

export type Done = { answer: Result; effects?: readonly Effect[] };

/**
 * A change whose items run one after the other. It throws a ChatError to refuse, before it has written anything: what
 * it wrote would be committed with the rest of the batch.
 */
export function single<Item extends { conversationId: number }>(
  run: (batch: Batch, item: Item) => Promise<Done>,
): Change<Item, Result> {
  return {
    locks: ({ conversationId }) => [conversationId],
    async run(batch, items) {
      const outcomes: Outcome<Result>[] = [];
      for (const item of items) outcomes.push(await run(batch, item).catch(refused));
      return outcomes;
    },
  };
}

function refused(error: unknown): { refused: ChatError } {
  if (error instanceof ChatError) return { refused: error };
  throw error;
}
