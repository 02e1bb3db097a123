import { ChatClientError, type ConversationSnapshot, type ConversationStore } from 'mmchat-client';
import { useEffect } from 'preact/hooks';
import { countsAsUnread } from './history-entries.ts';

const MAX_LOADED = 500;

/**
 * Marks all messages as read while the newest one is visible. Loads the unread ones before it, up to a limit, and marks
 * them too.
 */
export function useMarkAsRead(store: ConversationStore, snapshot: ConversationSnapshot, scrolledUp: boolean): void {
  const { messages, summary, gone, hasOlder, loading } = snapshot;
  const unread = summary?.unread_count ?? 0;
  useEffect(() => {
    const mark = () => {
      if (scrolledUp || gone || unread === 0 || document.visibilityState !== 'visible') return;
      store.markRead();
      const here = messages.filter((message) => countsAsUnread(message) && message.state !== 'read').length;
      if (here < unread && hasOlder && !loading && messages.length < MAX_LOADED)
        store.loadOlder().catch(rethrowUnlessClientError);
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [store, messages, scrolledUp, gone, unread, hasOlder, loading]);
}

/** While offline it fails, and is repeated when there is a connection. */
function rethrowUnlessClientError(error: unknown): void {
  if (!(error instanceof ChatClientError)) throw error;
}
