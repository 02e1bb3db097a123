import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** Rendering thousands of rows would block the browser and push everything below them out of reach. */
const STEP = 100;

type Props<Item> = { items: readonly Item[]; row: (item: Item) => ComponentChildren };

/** A list that shows a hundred rows, and a button for more. */
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
