import type { Chat, ConversationStore, Profile, ShownMessage } from 'mmchat-client';
import { useCallback, useMemo, useState } from 'preact/hooks';
import { useStore } from '../components/use-store.ts';
import { DeleteMessage } from '../dialogs/delete-message.tsx';
import { GroupDialog } from '../dialogs/group-dialog.tsx';
import { ReadersDialog } from '../dialogs/readers-dialog.tsx';
import { Composer } from './composer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { History } from './history.tsx';
import type { MessageActions } from './message-actions.ts';
import type { ReadersStore } from './readers-store.ts';
import { TypingIndicator } from './typing-indicator.tsx';
import { useParticipants } from './use-participants.ts';

type Props = { chat: Chat; me: Profile; store: ConversationStore; readers: ReadersStore };
type Shown = { kind: 'group' } | { kind: 'delete' | 'readers'; message: ShownMessage } | undefined;

/** The open conversation. */
export function ConversationPane({ chat, me, store, readers }: Props) {
  const snapshot = useStore(store);
  const { participants, reload } = useParticipants(chat, store, snapshot.gone);
  const [editing, setEditing] = useState<ShownMessage>();
  const [dialog, setDialog] = useState<Shown>();
  const close = useCallback(() => setDialog(undefined), []);
  const actions = useMemo<MessageActions>(
    () => ({
      edit: (message) => setEditing({ ...message }),
      askToDelete: (message) => setDialog({ kind: 'delete', message }),
      showReaders: (message) => setDialog({ kind: 'readers', message }),
      retry: (id) => store.retry(id),
      discard: (id) => store.discard(id),
    }),
    [store],
  );
  const { summary, messages } = snapshot;
  const isAdmin = participants?.find(({ id }) => id === me.id)?.is_admin === true;
  return (
    <main class="pane conversation">
      <ConversationHeader
        chat={chat}
        summary={summary}
        participants={participants}
        onDetails={() => setDialog({ kind: 'group' })}
      />
      <History store={store} snapshot={snapshot} actions={actions} isAdmin={isAdmin} />
      <TypingIndicator typing={snapshot.typing} />
      {snapshot.gone ? (
        <p class="not-participant">You are not in this conversation.</p>
      ) : (
        <Composer
          store={store}
          editing={editing}
          onEdited={() => setEditing(undefined)}
          onEditLast={() => {
            const last = messages.findLast(mayBeEdited);
            if (last !== undefined) actions.edit(last);
          }}
        />
      )}
      {dialog?.kind === 'group' && summary !== undefined && (
        <GroupDialog {...{ chat, me, store, summary, participants, isAdmin, reload }} onClose={close} />
      )}
      {dialog?.kind === 'delete' && <DeleteMessage store={store} message={dialog.message} onClose={close} />}
      {dialog?.kind === 'readers' && (
        <ReadersDialog
          message={messages.find(({ id }) => id === dialog.message.id) ?? dialog.message}
          participants={participants}
          readers={readers}
          onClose={close}
        />
      )}
    </main>
  );
}

const mayBeEdited = ({ mine, kind, deleted, id }: ShownMessage) =>
  mine && kind === 'message' && !deleted && id !== undefined;
