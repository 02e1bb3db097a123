import type { Chat, Profile } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { titleOf } from './conversation-title.ts';

type Props = { chat: Chat; me: Profile; openId: number | undefined };

/**
 * Announces others' new messages to screen readers: sender and content in the open conversation, sender and group
 * elsewhere.
 */
export function Announcer({ chat, me, openId }: Props) {
  const [announcement, announce] = useState('');
  const currentId = useRef(openId);
  currentId.current = openId;
  useEffect(
    () =>
      chat.on('message', ({ conversation_id, sender_id, sender_username, content }) => {
        if (sender_id === me.id) return;
        const summary = chat.conversations.get().find((each) => each.conversation_id === conversation_id);
        if (conversation_id === currentId.current) announce(`${sender_username}: ${content}`);
        else announce(`New message from ${sender_username}${summary?.is_group ? ` in ${titleOf(summary)}` : ''}`);
      }),
    [chat, me.id],
  );
  return (
    <div class="visually-hidden" aria-live="polite">
      {announcement}
    </div>
  );
}
