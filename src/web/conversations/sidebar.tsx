import type { Chat, Profile } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { useStore } from '../components/use-store.ts';
import { ConversationList } from './conversation-list.tsx';
import { SearchResults } from './search-results.tsx';

type Props = {
  chat: Chat;
  me: Profile;
  openId: number | undefined;
  onProfile: () => void;
  onNewGroup: () => void;
};

/** The conversations, or the search results while there is a query. */
export function Sidebar({ chat, me, openId, onProfile, onNewGroup }: Props) {
  const [query, setQuery] = useState('');
  const conversations = useStore(chat.conversations);
  const wanted = query.trim();
  return (
    <nav class="sidebar" aria-label="Conversations">
      <header>
        <h1 class="visually-hidden">MmChat</h1>
        <button type="button" class="own-profile" onClick={onProfile} aria-haspopup="dialog">
          <Avatar name={me.username} picture={me.profile_picture} />
          <span class="visually-hidden">Your profile: </span>
          <span class="name">{me.username}</span>
        </button>
        <button type="button" class="round" aria-label="New group" title="New group" onClick={onNewGroup}>
          <Icon name="group" />
        </button>
      </header>
      <label class="search">
        <span class="visually-hidden">Search conversations and people</span>
        <Icon name="search" />
        <input
          type="search"
          placeholder="Search people"
          value={query}
          maxLength={64}
          autocomplete="off"
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && setQuery('')}
        />
      </label>
      {wanted === '' ? (
        <ConversationList chat={chat} me={me} conversations={conversations} openId={openId} />
      ) : (
        <SearchResults
          chat={chat}
          me={me}
          query={wanted}
          conversations={conversations}
          openId={openId}
          onChosen={() => setQuery('')}
        />
      )}
    </nav>
  );
}
