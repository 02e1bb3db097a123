import type { Chat, Profile } from 'mmchat-client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { renewSession } from './account/renew-session.ts';
import { ConversationPane } from './chat/conversation-pane.tsx';
import { ReadersStore } from './chat/readers-store.ts';
import { Announcer } from './components/announcer.tsx';
import { ConnectionBar } from './components/connection-bar.tsx';
import { conversationIdOf, navigate, routeOfConversation, useRoute } from './components/route.ts';
import { useStore } from './components/use-store.ts';
import { Sidebar } from './conversations/sidebar.tsx';
import { NewGroup } from './dialogs/new-group.tsx';
import { ProfileDialog } from './dialogs/profile-dialog.tsx';

type Shown = 'profile' | 'new-group' | undefined;

/** Two panes: the conversations and the open one. Narrow screens show only one of them. */
export function ChatPage({ chat, me }: { chat: Chat; me: Profile }) {
  const openId = conversationIdOf(useRoute());
  const [dialog, setDialog] = useState<Shown>();
  const store = useMemo(() => (openId === undefined ? undefined : chat.conversation(openId)), [chat, openId]);
  const [readers] = useState(() => new ReadersStore());
  useEffect(() => readers.listenTo(chat), [readers, chat]);
  useEffect(renewSession, [chat]);
  useTitle(chat);
  useReturnFocus(openId);
  return (
    <div class={openId === undefined ? 'page' : 'page in-conversation'}>
      {openId !== undefined && (
        <button type="button" class="skip-link" onClick={focusMessages}>
          Skip to the messages
        </button>
      )}
      <ConnectionBar chat={chat} />
      <div class="panes">
        <Sidebar
          chat={chat}
          me={me}
          openId={openId}
          onProfile={() => setDialog('profile')}
          onNewGroup={() => setDialog('new-group')}
        />
        {store === undefined ? (
          <main class="pane no-conversation">
            <h2>No conversation is open</h2>
            <p>Choose one, or search for somebody to write to.</p>
          </main>
        ) : (
          <ConversationPane key={openId} chat={chat} me={me} store={store} readers={readers} />
        )}
      </div>
      {dialog === 'profile' && <ProfileDialog chat={chat} me={me} onClose={() => setDialog(undefined)} />}
      {dialog === 'new-group' && (
        <NewGroup
          chat={chat}
          me={me}
          onClose={() => setDialog(undefined)}
          onMade={(id) => {
            setDialog(undefined);
            navigate(routeOfConversation(id));
          }}
        />
      )}
      <Announcer chat={chat} me={me} openId={openId} />
    </div>
  );
}

const focusMessages = () => document.querySelector<HTMLElement>('.history .scroller')?.focus();

/** On returning to the list, focuses the conversation that was open, for screens that show one pane. */
function useReturnFocus(openId: number | undefined): void {
  const before = useRef(openId);
  useEffect(() => {
    const left = before.current;
    before.current = openId;
    if (left === undefined || openId !== undefined) return;
    document.querySelector<HTMLElement>(`a.row[href="#/${routeOfConversation(left)}"]`)?.focus();
  }, [openId]);
}

function useTitle(chat: Chat): void {
  const unread = useStore(chat.conversations).reduce((sum, { unread_count }) => sum + unread_count, 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) MmChat` : 'MmChat';
  }, [unread]);
}
