import { type Chat, connect } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AccountPage } from './account/account-page.tsx';
import { ChatPage } from './chat-page.tsx';
import { ConnectionBar } from './parts/connection-bar.tsx';
import { useReadable } from './parts/use-readable.ts';

/** The page: a new connection for each login, and the way in as long as there is none. */
export function App() {
  const [{ chat, hasLoggedIn }, setLogin] = useState(() => ({ chat: connect(), hasLoggedIn: false }));
  useEffect(() => () => chat.close(), [chat]);
  const onEntered = () => setLogin({ chat: connect(), hasLoggedIn: true });
  return <Entrance key={chat} {...{ chat, hasLoggedIn, onEntered }} />;
}

type Props = { chat: Chat; hasLoggedIn: boolean; onEntered: () => void };

function Entrance({ chat, hasLoggedIn, onEntered }: Props) {
  const { state } = useReadable(chat.status);
  const me = useReadable(chat.me);
  const wasIn = useRef(false);
  if (me !== undefined) wasIn.current = true;
  const hasLeft = wasIn.current;
  if (state === 'unauthenticated') return <AccountPage {...{ hasLeft, notKept: hasLoggedIn && !hasLeft, onEntered }} />;
  if (me !== undefined) return <ChatPage chat={chat} me={me} />;
  return (
    <main class="opening" aria-busy="true">
      <h1 class="unseen">MmChat</h1>
      <span class="mark" aria-hidden="true" />
      <ConnectionBar chat={chat} />
    </main>
  );
}
