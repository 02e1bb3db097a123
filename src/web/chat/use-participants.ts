import { type Chat, ChatClientError, type ConversationStore, type Participant } from 'mmchat-client';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { oneAtATime } from '../parts/one-at-a-time.ts';
import { withNewName } from '../parts/renamed.ts';
import { useReadable } from '../parts/use-readable.ts';

type Known = { participants: readonly Participant[] | undefined; reload: () => void };

/** The people in the conversation, asked for anew whenever they may have changed; of a large group that takes a while. */
export function useParticipants(chat: Chat, store: ConversationStore, gone: boolean): Known {
  const [participants, setParticipants] = useState<readonly Participant[]>();
  const online = useReadable(chat.status).state === 'online';
  const reload = useMemo(
    () =>
      oneAtATime(() =>
        store.participants().then(setParticipants, (error: unknown) => {
          if (!(error instanceof ChatClientError)) throw error; // else: not connected, or no longer in it; asked again later
        }),
      ),
    [store],
  );
  useEffect(() => {
    if (online && !gone) reload();
  }, [online, gone, reload]);
  useEffect(
    () =>
      chat.on('conversation_update', ({ conversation_id }) => {
        if (conversation_id === store.id) reload();
      }),
    [chat, store, reload],
  );
  useEffect(
    () => chat.on('user_update', (change) => setParticipants((known) => known && withNewName(known, change))),
    [chat],
  );
  return { participants, reload };
}
