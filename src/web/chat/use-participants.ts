import { type Chat, ChatClientError, type ConversationStore, type Participant } from 'mmchat-client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useReadable } from '../parts/use-readable.ts';

type Known = { participants: readonly Participant[] | undefined; reload: () => void };

/** The people in the conversation, asked for anew whenever they may have changed. */
export function useParticipants(chat: Chat, store: ConversationStore, gone: boolean): Known {
  const [participants, setParticipants] = useState<readonly Participant[]>();
  const online = useReadable(chat.status).state === 'online';
  const reload = useCallback(() => {
    store.participants().then(setParticipants, (error: unknown) => {
      if (!(error instanceof ChatClientError)) throw error; // else: not connected, or no longer in it; asked again later
    });
  }, [store]);
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
  return { participants, reload };
}
