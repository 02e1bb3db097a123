import type { Store } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';

/** The value of a store; renders the component again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState<unknown>();
  useEffect(() => {
    const update = () => redraw(store.get());
    update(); // it may have changed since the render
    return store.subscribe(update);
  }, [store]);
  return store.get();
}
