import { ChatError } from '../operation/errors.ts';
import type { Batch } from './batch.ts';

/**
 * Turns a function that runs one item into the `run` of a change.
 * @param run throws a ChatError to refuse the item, before it writes anything
 */
export const oneByOne =
  <Item, Made>(run: (batch: Batch, item: Item) => Promise<Made>) =>
  async (batch: Batch, items: readonly Item[]): Promise<(Made | ChatError)[]> => {
    const made: (Made | ChatError)[] = [];
    for (const item of items) made.push(await run(batch, item).catch(refusal));
    return made;
  };

/** Returns a ChatError, and rethrows any other error. */
function refusal(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  throw error;
}
