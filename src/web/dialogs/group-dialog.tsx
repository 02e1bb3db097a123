import type { Chat, ConversationStore, ConversationSummary, Participant, Profile } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { ErrorMessage } from '../components/error-message.tsx';
import { useForm } from '../components/use-form.ts';
import { Members } from './members.tsx';
import { PeoplePicker } from './people-picker.tsx';
import { RenameGroup } from './rename-group.tsx';

type Props = {
  chat: Chat;
  me: Profile;
  store: ConversationStore;
  summary: ConversationSummary;
  participants: readonly Participant[] | undefined;
  isAdmin: boolean;
  /** Fetches the participants again. */
  reload: () => void;
  onClose: () => void;
};

/** The members of a group; for admins, with the means to change them and the name. */
export function GroupDialog({ chat, me, store, summary, participants = [], isAdmin, reload, onClose }: Props) {
  const [leaving, setLeaving] = useState(false);
  const form = useForm();
  const change = (work: () => Promise<unknown>) => form.submit(undefined, () => work().then(reload));
  const leave = () => store.leave().then(onClose);
  return (
    <Dialog title={summary.name} onClose={onClose}>
      {isAdmin && <RenameGroup store={store} name={summary.name} />}
      <Members
        participants={participants}
        myId={me.id}
        isAdmin={isAdmin}
        onRemove={(id) => change(() => store.removeParticipant(id))}
      />
      {isAdmin && (
        <PeoplePicker
          chat={chat}
          myId={me.id}
          label="Add people"
          without={new Set(participants.map(({ id }) => id))}
          onPick={({ id }) => change(() => store.addParticipant(id))}
        />
      )}
      <ErrorMessage text={form.error} />
      <div class="buttons">
        {leaving && (
          <button type="button" onClick={() => setLeaving(false)}>
            Stay
          </button>
        )}
        <button
          type="button"
          class="danger"
          aria-disabled={form.busy}
          onClick={() => (leaving ? form.submit(undefined, leave) : setLeaving(true))}
        >
          {leaving ? 'Yes, leave the group' : 'Leave the group'}
        </button>
      </div>
    </Dialog>
  );
}
