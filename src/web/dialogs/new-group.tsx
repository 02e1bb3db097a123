import type { Chat, FoundUser, Profile } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { withProfileUpdate } from '../components/profile-update.ts';
import { useForm } from '../components/use-form.ts';
import { PeoplePicker } from './people-picker.tsx';

type Props = { chat: Chat; me: Profile; onClose: () => void; onMade: (id: number) => void };

/** Creates a group with a name and members. */
export function NewGroup({ chat, me, onClose, onMade }: Props) {
  const [name, setName] = useState('');
  const [members, setMembers] = useState<readonly FoundUser[]>([]);
  const form = useForm();
  useEffect(() => chat.on('user_update', (change) => setMembers((now) => withProfileUpdate(now, change))), [chat]);
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
                  aria-label={`Remove ${username}`}
                  onClick={() => setMembers(members.filter((each) => each.id !== id))}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <ErrorMessage text={form.error} />
        <div class="buttons">
          <button type="submit" class="primary" aria-disabled={form.busy}>
            Create group
          </button>
        </div>
      </form>
    </Dialog>
  );
}
