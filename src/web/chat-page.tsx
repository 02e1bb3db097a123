import type { Chat, Profile } from 'mmchat-client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ConversationPane } from './chat/conversation-pane.tsx';
import { KnownReaders } from './chat/readers.ts';
import { Sidebar } from './conversations/sidebar.tsx';
import { NewGroup } from './dialogs/new-group.tsx';
import { ProfileDialog } from './dialogs/profile-dialog.tsx';
import { Announcer } from './parts/announcer.tsx';
import { ConnectionBar } from './parts/connection-bar.tsx';
import { conversationIn, go, routeOfConversation, useRoute } from './parts/route.ts';
import { useReadable } from './parts/use-readable.ts';

type Shown = 'profile' | 'new-group' | undefined;

/** Two panes, the conversations and the one that is open; where there is room for one only, the open one. */
export function ChatPage({ chat, me }: { chat: Chat; me: Profile }) {
  const openId = conversationIn(useRoute());
  const [dialog, setDialog] = useState<Shown>();
  const store = useMemo(() => (openId === undefined ? undefined : chat.conversation(openId)), [chat, openId]);
  const [readers] = useState(() => new KnownReaders());
  useEffect(() => readers.listenTo(chat), [readers, chat]);
  useTitle(chat);
  useWayBack(openId);
  return (
    <div class={openId === undefined ? 'page' : 'page in-conversation'}>
      {openId !== undefined && (
        <button type="button" class="skip" onClick={focusMessages}>
          To the messages
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
          <main class="pane nothing">
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
            go(routeOfConversation(id));
          }}
        />
      )}
      <Announcer chat={chat} me={me} openId={openId} />
    </div>
  );
}

const focusMessages = () => document.querySelector<HTMLElement>('.history .scroller')?.focus();

/** Who comes back to the list, where only one of the panes is shown, goes on where they left it. */
function useWayBack(openId: number | undefined): void {
  const before = useRef(openId);
  useEffect(() => {
    const left = before.current;
    before.current = openId;
    if (left === undefined || openId !== undefined) return;
    document.querySelector<HTMLElement>(`a.row[href="#/${routeOfConversation(left)}"]`)?.focus();
  }, [openId]);
}

function useTitle(chat: Chat): void {
  const unread = useReadable(chat.conversations).reduce((sum, { unread_count }) => sum + unread_count, 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) MmChat` : 'MmChat';
  }, [unread]);
}
