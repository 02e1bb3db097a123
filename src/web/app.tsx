import { type Chat, connect } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AccountPage } from './account/account-page.tsx';
import { ChatPage } from './chat-page.tsx';
import { ConnectionBar } from './components/connection-bar.tsx';
import { useStore } from './components/use-store.ts';

/** The page: a new connection for each login, and the account pages while there is none. */
export function App() {
  const [{ chat, hasLoggedIn }, setLogin] = useState(() => ({ chat: connect(), hasLoggedIn: false }));
  useEffect(() => () => chat.close(), [chat]);
  const onLoggedIn = () => setLogin({ chat: connect(), hasLoggedIn: true });
  return <CurrentPage key={chat} {...{ chat, hasLoggedIn, onLoggedIn }} />;
}

type Props = { chat: Chat; hasLoggedIn: boolean; onLoggedIn: () => void };

function CurrentPage({ chat, hasLoggedIn, onLoggedIn }: Props) {
  const { state } = useStore(chat.status);
  const me = useStore(chat.me);
  const hadUser = useRef(false);
  if (me !== undefined) hadUser.current = true;
  const wasLoggedIn = hadUser.current;
  if (state === 'unauthenticated')
    return <AccountPage {...{ wasLoggedIn, cookieRejected: hasLoggedIn && !wasLoggedIn, onLoggedIn }} />;
  if (me !== undefined) return <ChatPage chat={chat} me={me} />;
  return (
    <main class="connecting-page" aria-busy="true">
      <h1 class="visually-hidden">MmChat</h1>
      <span class="logo" aria-hidden="true" />
      <ConnectionBar chat={chat} />
    </main>
  );
}
