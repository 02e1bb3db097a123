import type { Chat } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { type FoundPerson, usePeople } from '../conversations/use-people.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';

type Props = {
  chat: Chat;
  myId: number;
  label: string;
  /** Those who are chosen already. */
  without: ReadonlySet<number>;
  onPick: (person: FoundPerson) => void;
};

/** Finds people by their usernames, to pick some of them one by one. */
export function PeoplePicker({ chat, myId, label, without, onPick }: Props) {
  const [query, setQuery] = useState('');
  const { people, searching, problem } = usePeople(chat, myId, query.trim());
  const left = people.filter(({ id }) => !without.has(id));
  return (
    <div class="picker">
      <Field
        label={label}
        name="people"
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
      <Problem text={problem} />
      <p class="hint" role="status">
        {query.trim() !== '' && !searching && left.length === 0 ? 'Nobody else by that name.' : ''}
      </p>
    </div>
  );
}
