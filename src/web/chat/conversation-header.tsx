import type { Chat, ConversationSummary, Participant } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../parts/avatar.tsx';
import { titleOf } from '../parts/conversation-title.ts';
import { Icon } from '../parts/icon.tsx';
import { hasKeyboard } from '../parts/pointer.ts';
import { agoOf } from '../parts/time.ts';
import { useReadable } from '../parts/use-readable.ts';

/** How often "5 minutes ago" is looked at again. */
const REFRESH_MS = 30_000;

type Props = {
  chat: Chat;
  summary: ConversationSummary | undefined;
  participants: readonly Participant[] | undefined;
  onDetails: () => void;
};
type Presence = ReturnType<Chat['presence']['get']>;

/** Who one is talking with, and whether they are there; that is not known while one is not there oneself. */
export function ConversationHeader({ chat, summary, participants, onDetails }: Props) {
  const presence = useReadable(chat.presence);
  const away = useReadable(chat.status).state === 'waiting';
  const [, refresh] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!hasKeyboard()) heading.current?.focus(); // with one, the composer takes the focus
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
        <p>{summary === undefined || away ? '' : stateOf(summary, participants, presence)}</p>
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
  return lastSeen ? `last seen ${agoOf(lastSeen)}` : 'offline';
}

function groupState(participants: readonly Participant[], presence: Presence): string {
  const online = participants.filter(({ id, online: then }) => presence.get(id)?.online ?? then).length;
  const members = participants.length === 1 ? '1 member' : `${participants.length} members`;
  return online === 0 ? members : `${members}, ${online} online`;
}
