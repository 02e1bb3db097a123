import type { Readable } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';

/** What a part of the chat says now; the component is drawn again whenever it says something else. */
export function useReadable<T>(readable: Readable<T>): T {
  const [, redraw] = useState<unknown>();
  useEffect(() => {
    const look = () => redraw(readable.get());
    look(); // it may have changed between the drawing and now
    return readable.subscribe(look);
  }, [readable]);
  return readable.get();
}
