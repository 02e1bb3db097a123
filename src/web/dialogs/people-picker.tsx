import type { Chat, FoundUser } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/avatar.tsx';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useUserSearch } from '../conversations/use-user-search.ts';

type Props = {
  chat: Chat;
  myId: number;
  label: string;
  /** Users who are already chosen. */
  without: ReadonlySet<number>;
  onPick: (person: FoundUser) => void;
};

/** Finds users by name, to add them one by one. */
export function PeoplePicker({ chat, myId, label, without, onPick }: Props) {
  const [query, setQuery] = useState('');
  const { users, searching, error } = useUserSearch(chat, myId, query.trim());
  const left = users.filter(({ id }) => !without.has(id));
  return (
    <div class="picker">
      <Field
        label={label}
        name="users"
        type="search"
        value={query}
        onValue={setQuery}
        placeholder="Username"
        maxLength={64}
        autocomplete="off"
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <ul class="rows">
        {left.map((person) => (
          <li key={person.id}>
            <button type="button" class="row" onClick={() => onPick(person)}>
              <Avatar name={person.username} picture={person.profile_picture} size="small" />
              <span class="title">{person.username}</span>
              <span class="action">Add</span>
            </button>
          </li>
        ))}
      </ul>
      <ErrorMessage text={error} />
      <p class="hint" role="status">
        {query.trim() !== '' && !searching && left.length === 0 ? 'Nobody else found.' : ''}
      </p>
    </div>
  );
}
