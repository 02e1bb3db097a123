import type { Chat, Profile } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import type { FoundPerson } from '../conversations/use-people.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Problem } from '../parts/problem.tsx';
import { withNewName } from '../parts/renamed.ts';
import { useForm } from '../parts/use-form.ts';
import { PeoplePicker } from './people-picker.tsx';

type Props = { chat: Chat; me: Profile; onClose: () => void; onMade: (id: number) => void };

/** A group needs a name, and most often people. */
export function NewGroup({ chat, me, onClose, onMade }: Props) {
  const [name, setName] = useState('');
  const [members, setMembers] = useState<readonly FoundPerson[]>([]);
  const form = useForm();
  useEffect(() => chat.on('user_update', (change) => setMembers((now) => withNewName(now, change))), [chat]);
  const ids = members.map(({ id }) => id);
  const make = async () => onMade((await chat.createGroup(name.trim(), ids)).id);
  return (
    <Dialog title="New group" onClose={onClose}>
      <form onSubmit={(event) => form.submit(event, make)}>
        <Field
          label="Name"
          name="name"
          value={name}
          onValue={setName}
          error={form.errorOf('name')}
          maxLength={100}
          autocomplete="off"
          required
        />
        <PeoplePicker
          chat={chat}
          myId={me.id}
          label="Add people"
          without={new Set(ids)}
          onPick={(person) => setMembers([...members, person])}
        />
        {members.length > 0 && (
          <ul class="chips" aria-label="People in the group">
            {members.map(({ id, username }) => (
              <li key={id}>
                {username}
                <button
                  type="button"
                  class="round"
                  aria-label={`Leave ${username} out`}
                  onClick={() => setMembers(members.filter((each) => each.id !== id))}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <Problem text={form.problem} />
        <div class="buttons">
          <button type="submit" class="primary" aria-disabled={form.busy}>
            Make the group
          </button>
        </div>
      </form>
    </Dialog>
  );
}
