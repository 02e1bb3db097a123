import type { Chat, ConversationSummary, Profile } from 'mmchat-client';
import { useCallback, useRef, useState } from 'preact/hooks';
import { useSight } from '../parts/use-sight.ts';
import { walkBetween } from '../parts/walking.ts';
import { ConversationRow } from './conversation-row.tsx';

const moveBetweenRows = walkBetween('.row');

type Props = {
  chat: Chat;
  me: Profile;
  conversations: readonly ConversationSummary[];
  openId: number | undefined;
};

/** All conversations, the liveliest first; more are fetched when the end of the list comes into sight. */
export function ConversationList({ chat, me, conversations, openId }: Props) {
  const [complete, setComplete] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const loadMore = useCallback(async () => {
    if (!(await chat.loadMoreConversations())) setComplete(true);
  }, [chat]);
  useSight(end, !complete && conversations.length > 0, loadMore);
  if (conversations.length === 0) {
    return (
      <div class="empty">
        <p>Nobody here yet.</p>
        <p>Search for somebody by their username above, and say hello.</p>
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
