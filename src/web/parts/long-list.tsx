import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** Thousands of rows at once would keep the browser busy, and everything below them out of reach. */
const STEP = 100;

type Props<Item> = { items: readonly Item[]; row: (item: Item) => ComponentChildren };

/** A list of rows, the first hundred at first, and more of them at the push of a button. */
export function LongList<Item>({ items, row }: Props<Item>) {
  const [limit, setLimit] = useState(STEP);
  return (
    <>
      <ul class="rows">{items.slice(0, limit).map(row)}</ul>
      {items.length > limit && (
        <button type="button" class="link" onClick={() => setLimit(limit + STEP)}>
          Show more ({items.length - limit} left)
        </button>
      )}
    </>
  );
}
