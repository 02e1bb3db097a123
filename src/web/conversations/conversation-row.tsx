import type { ConversationSummary } from 'mmchat-client';
import { Avatar } from '../components/avatar.tsx';
import { limitCombiningMarks } from '../components/combining-marks.ts';
import { titleOf } from '../components/conversation-title.ts';
import { memo } from '../components/memo.ts';
import { routeOfConversation } from '../components/route.ts';
import { briefTimeOf, fullTimeOf } from '../components/time.ts';

type Props = { summary: ConversationSummary; myId: number; open: boolean; onChosen?: () => void };

function Row({ summary, myId, open, onChosen }: Props) {
  const { conversation_id, is_group, profile_picture, last_message, unread_count, other_user_online } = summary;
  const title = titleOf(summary);
  const online = !is_group && other_user_online;
  return (
    <li>
      <a
        class={unread_count > 0 ? 'row unread' : 'row'}
        href={`#/${routeOfConversation(conversation_id)}`}
        aria-current={open ? 'page' : undefined}
        onClick={onChosen}
      >
        <Avatar name={title} picture={profile_picture} online={online} />
        <span class="text">
          <span class="line">
            <span class="title">{title}</span>
            {online && <span class="visually-hidden">, online</span>}
            {last_message !== null && (
              <time dateTime={last_message.created_at} title={fullTimeOf(last_message.created_at)}>
                {briefTimeOf(last_message.created_at)}
              </time>
            )}
          </span>
          <span class="line">
            <span class="last-message">{previewOf(summary, myId)}</span>
            {unread_count > 0 && (
              <span class="badge">
                {unread_count > 999 ? '999+' : unread_count}
                <span class="visually-hidden"> unread</span>
              </span>
            )}
          </span>
        </span>
      </a>
    </li>
  );
}

/** A conversation in the list. */
export const ConversationRow = memo(Row);

function previewOf({ is_group, last_message: last }: ConversationSummary, myId: number): string {
  if (last === null) return is_group ? 'A new group' : 'No messages yet';
  if (last.deleted) return 'Message deleted';
  const content = limitCombiningMarks(last.content);
  if (last.type === 'system') return content;
  if (last.sender_id === myId) return `You: ${content}`;
  return is_group ? `${last.sender_username}: ${content}` : content;
}
