import { type Chat, ChatClientError, type ConversationStore, type Participant } from 'mmchat-client';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { oneAtATime } from '../components/one-at-a-time.ts';
import { withProfileUpdate } from '../components/profile-update.ts';
import { useStore } from '../components/use-store.ts';

type Known = { participants: readonly Participant[] | undefined; reload: () => void };

/**
 * The participants of the conversation, fetched again whenever they may have changed; this takes a while in large
 * groups.
 */
export function useParticipants(chat: Chat, store: ConversationStore, gone: boolean): Known {
  const [participants, setParticipants] = useState<readonly Participant[]>();
  const online = useStore(chat.status).state === 'online';
  const reload = useMemo(
    () =>
      oneAtATime(() =>
        store.participants().then(setParticipants, (error: unknown) => {
          // offline or no longer a participant: fetched again later
          if (!(error instanceof ChatClientError)) throw error;
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
    () => chat.on('user_update', (change) => setParticipants((known) => known && withProfileUpdate(known, change))),
    [chat],
  );
  return { participants, reload };
}
