import type { Chat, ConversationSummary, Participant } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../components/avatar.tsx';
import { titleOf } from '../components/conversation-title.ts';
import { hasKeyboard } from '../components/has-keyboard.ts';
import { Icon } from '../components/icon.tsx';
import { timeAgoOf } from '../components/time.ts';
import { useStore } from '../components/use-store.ts';

/** How often relative times such as "5 minutes ago" are updated. */
const REFRESH_MS = 30_000;

type Props = {
  chat: Chat;
  summary: ConversationSummary | undefined;
  participants: readonly Participant[] | undefined;
  onDetails: () => void;
};
type Presence = ReturnType<Chat['presence']['get']>;

/** The title of the conversation and the presence of its members, which is unknown while offline. */
export function ConversationHeader({ chat, summary, participants, onDetails }: Props) {
  const presence = useStore(chat.presence);
  const offline = useStore(chat.status).state === 'waiting';
  const [, refresh] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!hasKeyboard()) heading.current?.focus(); // with a keyboard, the composer takes the focus
    const timer = setInterval(() => refresh(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const title = summary === undefined ? 'Conversation' : titleOf(summary);
  const online = summary?.is_group === false && summary.other_user_online;
  return (
    <header class="pane-header">
      <a class="round back" href="#/" aria-label="Back to the conversations">
        <Icon name="back" />
      </a>
      <Avatar name={title} picture={summary?.profile_picture} online={online} />
      <div class="text">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <p>{summary === undefined || offline ? '' : stateOf(summary, participants, presence)}</p>
      </div>
      {summary?.is_group && (
        <button type="button" class="round" aria-label="Group details" aria-haspopup="dialog" onClick={onDetails}>
          <Icon name="info" />
        </button>
      )}
    </header>
  );
}

function stateOf(
  { is_group, other_user, other_user_online }: ConversationSummary,
  participants: readonly Participant[] | undefined,
  presence: Presence,
): string {
  if (is_group) return participants === undefined ? 'Group' : groupState(participants, presence);
  if (other_user_online) return 'online';
  const lastSeen = presence.get(other_user?.id ?? 0)?.last_seen ?? other_user?.last_seen;
  return lastSeen ? `last seen ${timeAgoOf(lastSeen)}` : 'offline';
}

function groupState(participants: readonly Participant[], presence: Presence): string {
  const online = participants.filter(({ id, online: then }) => presence.get(id)?.online ?? then).length;
  const members = participants.length === 1 ? '1 member' : `${participants.length} members`;
  return online === 0 ? members : `${members}, ${online} online`;
}
