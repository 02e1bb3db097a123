import type { ConversationSnapshot, ShownMessage } from 'mmchat-client';
import { useRef } from 'preact/hooks';
import { countsAsUnread, keyOf } from './history-entries.ts';

/** The known state of the messages that were unread when a conversation was opened. */
type UnreadOnOpening = {
  /** The `seq` of the newest message then. */
  readonly newestSeq: number;
  /** The oldest of them that has been loaded. */
  readonly oldest: ShownMessage | undefined;
  /** Whether it is certain that no older one is unread. */
  readonly isFirst: boolean;
};

/** The key of the first message that was unread when the conversation was opened, once it is loaded. */
export function useFirstUnread(snapshot: ConversationSnapshot): string | undefined {
  const unread = useRef<UnreadOnOpening | undefined>(undefined);
  unread.current = updateUnread(unread.current, snapshot);
  return unread.current?.isFirst && unread.current.oldest ? keyOf(unread.current.oldest) : undefined;
}

/**
 * Messages can be read in any order, and loaded ones are soon marked as read. So the oldest unread one is recorded as
 * messages are loaded, until the unread count is reached.
 * @param known the state so far; undefined when the conversation is opened
 */
function updateUnread(
  known: UnreadOnOpening | undefined,
  { messages, summary, hasOlder, loading }: ConversationSnapshot,
): UnreadOnOpening | undefined {
  if (known?.isFirst) return known;
  if (known === undefined && (summary === undefined || messages.length === 0 || loading)) return undefined;
  const newestSeq = known?.newestSeq ?? messages.findLast(({ seq }) => seq)?.seq ?? 0;
  const unread = messages.filter((message) => countsAsUnread(message) && message.state !== 'read');
  const [oldest] = unread.filter(({ seq = 0 }) => seq <= newestSeq && seq < (known?.oldest?.seq ?? seq + 1));
  const isFirst = !hasOlder || unread.length >= (summary?.unread_count ?? 0);
  return { newestSeq, oldest: oldest ?? known?.oldest, isFirst };
}
