import type { Chat, ConversationSummary, Profile } from 'mmchat-client';
import { useCallback, useRef, useState } from 'preact/hooks';
import { arrowKeyNavigation } from '../components/arrow-key-navigation.ts';
import { useIntersection } from '../components/use-intersection.ts';
import { ConversationRow } from './conversation-row.tsx';

const moveBetweenRows = arrowKeyNavigation('.row');

type Props = {
  chat: Chat;
  me: Profile;
  conversations: readonly ConversationSummary[];
  openId: number | undefined;
};

/** All conversations, newest activity first; more are loaded when the end of the list becomes visible. */
export function ConversationList({ chat, me, conversations, openId }: Props) {
  const [complete, setComplete] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const loadMore = useCallback(async () => {
    if (!(await chat.loadMoreConversations())) setComplete(true);
  }, [chat]);
  useIntersection(end, !complete && conversations.length > 0, loadMore);
  if (conversations.length === 0) {
    return (
      <div class="empty">
        <p>No conversations yet.</p>
        <p>Search for somebody by username above, and say hello.</p>
      </div>
    );
  }
  return (
    <div class="scroller">
      <ul class="rows" onKeyDown={moveBetweenRows}>
        {conversations.map((summary) => (
          <ConversationRow
            key={summary.conversation_id}
            summary={summary}
            myId={me.id}
            open={summary.conversation_id === openId}
          />
        ))}
      </ul>
      <div ref={end} />
    </div>
  );
}
