import { ChatClientError } from 'mmchat-client';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** How far outside of what is seen counts as in sight. */
const MARGIN = '600px';
const AGAIN_AFTER_MS = 2_000;

/** Does the work each time the element comes into sight, and again while it stays there; one at a time, and less often if it fails. */
export function useSight(element: RefObject<HTMLElement | null>, wanted: boolean, work: () => Promise<unknown>): void {
  useEffect(() => {
    const watched = element.current;
    if (watched === null || !wanted) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      if (!ended) observer.observe(watched); // tells at once whether it is in sight
    };
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        observer.unobserve(watched);
        work().then(watch, (error: unknown) => {
          if (!(error instanceof ChatClientError)) throw error;
          timer = setTimeout(watch, AGAIN_AFTER_MS);
        });
      },
      { root: watched.closest('.scroller'), rootMargin: MARGIN },
    );
    watch();
    return () => {
      ended = true;
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [wanted, work]);
}
