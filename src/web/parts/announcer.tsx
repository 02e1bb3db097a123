import type { Chat, Profile } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { titleOf } from './conversation-title.ts';

type Props = { chat: Chat; me: Profile; openId: number | undefined };

/** Reads new messages of others out: who and what in the open conversation, who and where elsewhere. */
export function Announcer({ chat, me, openId }: Props) {
  const [said, setSaid] = useState('');
  const open = useRef(openId);
  open.current = openId;
  useEffect(
    () =>
      chat.on('message', ({ conversation_id, sender_id, sender_username, content }) => {
        if (sender_id === me.id) return;
        const summary = chat.conversations.get().find((each) => each.conversation_id === conversation_id);
        if (conversation_id === open.current) setSaid(`${sender_username}: ${content}`);
        else setSaid(`New message from ${sender_username}${summary?.is_group ? ` in ${titleOf(summary)}` : ''}`);
      }),
    [chat, me.id],
  );
  return (
    <div class="unseen" aria-live="polite">
      {said}
    </div>
  );
}
