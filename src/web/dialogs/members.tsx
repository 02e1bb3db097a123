import type { Participant } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/avatar.tsx';
import { Field } from '../components/field.tsx';
import { LongList } from '../components/long-list.tsx';

/** Longer lists have a search field. */
const SEARCH_THRESHOLD = 20;

type Props = {
  participants: readonly Participant[];
  myId: number;
  isAdmin: boolean;
  onRemove: (id: number) => void;
};

/** The members of a group; an admin can remove others. */
export function Members({ participants, myId, isAdmin, onRemove }: Props) {
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const found = participants.filter(({ username }) => username.toLowerCase().includes(wanted));
  return (
    <section aria-labelledby="members">
      <h3 id="members">{participants.length === 1 ? '1 member' : `${participants.length} members`}</h3>
      {(participants.length > SEARCH_THRESHOLD || query !== '') && (
        <Field
          label="Find a member"
          name="member"
          type="search"
          value={query}
          onValue={setQuery}
          placeholder="Username"
          maxLength={64}
          autocomplete="off"
        />
      )}
      <LongList
        key={wanted}
        items={found}
        row={(participant) => (
          <Member
            key={participant.id}
            participant={participant}
            mine={participant.id === myId}
            {...(isAdmin && participant.id !== myId && { onRemove })}
          />
        )}
      />
      {found.length === 0 && participants.length > 0 && <p class="hint">No member found.</p>}
    </section>
  );
}

type MemberProps = { participant: Participant; mine: boolean; onRemove?: (id: number) => void };

function Member({ participant, mine, onRemove }: MemberProps) {
  const { id, username, profile_picture, is_admin, online } = participant;
  return (
    <li class="row">
      <Avatar name={username} picture={profile_picture} size="small" online={online} />
      <span class="title">
        {username}
        {mine && ' (you)'}
        {online && <span class="visually-hidden">, online</span>}
      </span>
      {is_admin && <span class="role">Admin</span>}
      {onRemove !== undefined && (
        <button type="button" class="link" onClick={() => onRemove(id)}>
          Remove<span class="visually-hidden"> {username}</span>
        </button>
      )}
    </li>
  );
}
