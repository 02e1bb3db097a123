import { type Chat, connect } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AccountPage } from './account/account-page.tsx';
import { ChatPage } from './chat-page.tsx';
import { ConnectionBar } from './parts/connection-bar.tsx';
import { useReadable } from './parts/use-readable.ts';

/** The page: a new connection for each login, and the way in as long as there is none. */
export function App() {
  const [chat, setChat] = useState(connect);
  useEffect(() => () => chat.close(), [chat]);
  return <Entrance key={chat} chat={chat} onEntered={() => setChat(connect())} />;
}

function Entrance({ chat, onEntered }: { chat: Chat; onEntered: () => void }) {
  const { state } = useReadable(chat.status);
  const me = useReadable(chat.me);
  const wasIn = useRef(false);
  if (me !== undefined) wasIn.current = true;
  if (state === 'unauthenticated') return <AccountPage hasLeft={wasIn.current} onEntered={onEntered} />;
  if (me !== undefined) return <ChatPage chat={chat} me={me} />;
  return (
    <main class="opening" aria-busy="true">
      <h1 class="unseen">MmChat</h1>
      <span class="mark" aria-hidden="true" />
      <ConnectionBar chat={chat} />
    </main>
  );
}
