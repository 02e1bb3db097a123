import { ChatClientError, type ConversationSnapshot, type ConversationStore } from 'mmchat-client';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { countsAsUnread, keyOf } from './entries.ts';

/** So near the bottom one sees the newest message. */
const NEAR_PX = 80;
const MOST_FETCHED = 500;

/**
 * Keeps what is being read in its place, and marks as read what is seen: the newest message, while the page is visible.
 * The history grows upwards from its bottom (`column-reverse`), so older messages above move nothing; newer ones below
 * move everything, unless one is at the bottom, and that is taken back here.
 */
export function useReading(
  scroller: RefObject<HTMLElement | null>,
  store: ConversationStore,
  snapshot: ConversationSnapshot,
) {
  const { messages } = snapshot;
  const [away, setAway] = useState(false);
  const [unseen, setUnseen] = useState(0);
  const bottom = useRef({ key: '', height: 0 });
  const newest = messages.at(-1);

  const onScroll = useCallback(() => {
    const isAway = distanceOf(scroller.current) > NEAR_PX;
    setAway(isAway);
    if (!isAway) setUnseen(0);
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

  useMarking(store, snapshot, away);
  return { away, unseen, toBottom, onScroll };
}

/** Who sees the newest message has seen all: the unread ones before it are fetched, up to a bound, and marked too. */
function useMarking(store: ConversationStore, snapshot: ConversationSnapshot, away: boolean): void {
  const { messages, summary, gone, hasOlder, loading } = snapshot;
  const unread = summary?.unread_count ?? 0;
  useEffect(() => {
    const mark = () => {
      if (away || gone || unread === 0 || document.visibilityState !== 'visible') return;
      store.markRead();
      const here = messages.filter((message) => countsAsUnread(message) && message.state !== 'read').length;
      if (here < unread && hasOlder && !loading && messages.length < MOST_FETCHED)
        store.loadOlder().catch(ifNotNetwork);
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [store, messages, away, gone, unread, hasOlder, loading]);
}

/** Without a connection it is tried again when there is one. */
function ifNotNetwork(error: unknown): void {
  if (!(error instanceof ChatClientError)) throw error;
}

/** Pixels from the bottom; the scroller counts from there, upwards negative. */
const distanceOf = (element: HTMLElement | null): number => Math.abs(element?.scrollTop ?? 0);
