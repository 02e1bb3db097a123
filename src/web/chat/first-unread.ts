import type { ConversationSnapshot, ShownMessage } from 'mmchat-client';
import { useRef } from 'preact/hooks';
import { countsAsUnread, keyOf } from './entries.ts';

/** What is known of the messages that were unread when a conversation was opened. */
type UnreadOnOpening = {
  /** The number of the newest message then. */
  readonly newestSeq: number;
  /** The oldest of them that was loaded so far. */
  readonly oldest: ShownMessage | undefined;
  /** Whether no older one can be unread. */
  readonly isFirst: boolean;
};

/** The key of the first message that was unread when the conversation was opened, as soon as it is loaded. */
export function useFirstUnread(snapshot: ConversationSnapshot): string | undefined {
  const unread = useRef<UnreadOnOpening | undefined>(undefined);
  unread.current = updateUnread(unread.current, snapshot);
  return unread.current?.isFirst && unread.current.oldest ? keyOf(unread.current.oldest) : undefined;
}

/**
 * Messages are read in any order, and those that are loaded become read soon after: so what is unread is noted when it
 * is loaded, until the unread count is accounted for.
 * @param known what was known before; nothing when the conversation is opened
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
