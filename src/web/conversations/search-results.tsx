import type { Chat, ConversationSummary, Profile } from 'mmchat-client';
import { Avatar } from '../parts/avatar.tsx';
import { titleOf } from '../parts/conversation-title.ts';
import { Problem } from '../parts/problem.tsx';
import { go, routeOfConversation } from '../parts/route.ts';
import { useForm } from '../parts/use-form.ts';
import { ConversationRow } from './conversation-row.tsx';
import { usePeople } from './use-people.ts';

type Props = {
  chat: Chat;
  me: Profile;
  query: string;
  conversations: readonly ConversationSummary[];
  openId: number | undefined;
  onChosen: () => void;
};

/** Conversations with the text in their title, then people with whom one can begin to chat. */
export function SearchResults({ chat, me, query, conversations, openId, onChosen }: Props) {
  const { people, searching, problem } = usePeople(chat, me.id, query);
  const form = useForm();
  const matching = conversations.filter((each) => titleOf(each).toLowerCase().includes(query.toLowerCase()));
  const known = new Set(matching.map(({ other_user }) => other_user?.id));
  const strangers = people.filter(({ id }) => !known.has(id));
  const open = async (id: number) => {
    const store = await chat.openPrivate(id);
    go(routeOfConversation(store.id));
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
      {strangers.length > 0 && (
        <section aria-labelledby="found-people">
          <h2 id="found-people">People</h2>
          <ul class="rows">
            {strangers.map(({ id, username, profile_picture }) => (
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
      <Problem text={problem ?? form.problem} />
      <p class="empty" role="status">
        {countOf(matching.length + strangers.length, searching)}
      </p>
    </div>
  );
}

function countOf(count: number, searching: boolean): string {
  if (searching) return 'Searching…';
  return count === 0 ? 'Nobody by that name.' : '';
}
