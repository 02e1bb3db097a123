import type { Chat, ConversationSummary, Profile } from 'mmchat-client';
import { Avatar } from '../components/avatar.tsx';
import { titleOf } from '../components/conversation-title.ts';
import { ErrorMessage } from '../components/error-message.tsx';
import { navigate, routeOfConversation } from '../components/route.ts';
import { useForm } from '../components/use-form.ts';
import { ConversationRow } from './conversation-row.tsx';
import { useUserSearch } from './use-user-search.ts';

type Props = {
  chat: Chat;
  me: Profile;
  query: string;
  conversations: readonly ConversationSummary[];
  openId: number | undefined;
  onChosen: () => void;
};

/** Conversations with a matching title, then users with a matching name. */
export function SearchResults({ chat, me, query, conversations, openId, onChosen }: Props) {
  const { users, searching, error } = useUserSearch(chat, me.id, query);
  const form = useForm();
  const matching = conversations.filter((each) => titleOf(each).toLowerCase().includes(query.toLowerCase()));
  const known = new Set(matching.map(({ other_user }) => other_user?.id));
  const others = users.filter(({ id }) => !known.has(id));
  const open = async (id: number) => {
    const store = await chat.openPrivate(id);
    navigate(routeOfConversation(store.id));
    onChosen();
  };
  return (
    <div class="scroller">
      {matching.length > 0 && (
        <section aria-labelledby="found-conversations">
          <h2 id="found-conversations">Conversations</h2>
          <ul class="rows">
            {matching.map((summary) => (
              <ConversationRow
                key={summary.conversation_id}
                summary={summary}
                myId={me.id}
                open={summary.conversation_id === openId}
                onChosen={onChosen}
              />
            ))}
          </ul>
        </section>
      )}
      {others.length > 0 && (
        <section aria-labelledby="found-users">
          <h2 id="found-users">People</h2>
          <ul class="rows">
            {others.map(({ id, username, profile_picture }) => (
              <li key={id}>
                <button type="button" class="row" onClick={() => form.submit(undefined, () => open(id))}>
                  <Avatar name={username} picture={profile_picture} />
                  <span class="title">{username}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <ErrorMessage text={error ?? form.error} />
      <p class="empty" role="status">
        {countOf(matching.length + others.length, searching)}
      </p>
    </div>
  );
}

function countOf(count: number, searching: boolean): string {
  if (searching) return 'Searching…';
  return count === 0 ? 'Nobody found.' : '';
}
