import type { ShownMessage } from 'mmchat-client';
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { keyOf } from './history-entries.ts';

/** This close to the bottom, the newest message is visible. */
const NEAR_PX = 80;

/**
 * Keeps the visible messages in place. The history grows upwards from its bottom (`column-reverse`), so older messages
 * above move nothing. Newer ones below move everything unless the bottom is visible; this hook compensates for that.
 */
export function useHistoryScroll(scroller: RefObject<HTMLElement | null>, messages: readonly ShownMessage[]) {
  const [scrolledUp, setScrolledUp] = useState(false);
  const [unseen, setUnseen] = useState(0);
  const bottom = useRef({ key: '', height: 0 });
  const newest = messages.at(-1);

  const onScroll = useCallback(() => {
    const isUp = distanceOf(scroller.current) > NEAR_PX;
    setScrolledUp(isUp);
    if (!isUp) setUnseen(0);
  }, [scroller]);
  const toBottom = useCallback(() => {
    scroller.current?.scrollTo({ top: 0 });
    scroller.current?.focus({ preventScroll: true });
  }, [scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || newest === undefined) return;
    const before = bottom.current;
    bottom.current = { key: keyOf(newest), height: element.scrollHeight };
    if (before.key === '' || before.key === bottom.current.key) return;
    if (newest.mine && newest.state === 'pending') return element.scrollTo({ top: 0, behavior: 'instant' });
    if (distanceOf(element) <= NEAR_PX) return;
    element.scrollTop -= element.scrollHeight - before.height;
    const index = messages.findIndex((each) => keyOf(each) === before.key);
    setUnseen((count) => count + messages.slice(index + 1).filter(({ mine }) => !mine).length);
  }, [messages]);

  return { scrolledUp, unseen, toBottom, onScroll };
}

/** Pixels from the bottom, where `scrollTop` is 0; it is negative above. */
const distanceOf = (element: HTMLElement | null): number => Math.abs(element?.scrollTop ?? 0);
