import { ChatClientError } from 'mmchat-client';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** How far outside of the visible area the element counts as visible. */
const MARGIN = '600px';
const RETRY_MS = 2_000;

/**
 * Runs `work` when the element becomes visible, and repeatedly while it stays visible; one run at a time, with pauses
 * after errors.
 */
export function useIntersection(
  element: RefObject<HTMLElement | null>,
  enabled: boolean,
  work: () => Promise<unknown>,
): void {
  useEffect(() => {
    const target = element.current;
    if (target === null || !enabled) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observe = () => {
      if (!ended) observer.observe(target); // reports at once whether it is visible
    };
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        observer.unobserve(target);
        work().then(observe, (error: unknown) => {
          if (!(error instanceof ChatClientError)) throw error;
          timer = setTimeout(observe, RETRY_MS);
        });
      },
      { root: target.closest('.scroller'), rootMargin: MARGIN },
    );
    observe();
    return () => {
      ended = true;
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [enabled, work]);
}
