import { type Chat, ChatClientError } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import { withNewName } from '../parts/renamed.ts';
import { sentenceOf } from '../parts/use-form.ts';

/** Whoever types is given so long to type on. */
const PAUSE_MS = 200;

export type FoundPerson = { id: number; username: string; profile_picture: string };
export type Found = { people: readonly FoundPerson[]; searching: boolean; problem?: string };

/** The people whose usernames contain a text, without oneself. */
export function usePeople(chat: Chat, myId: number, query: string): Found {
  const [found, setFound] = useState<Found & { query: string }>({ people: [], searching: false, query: '' });
  useEffect(() => {
    if (query === '') return;
    let current = true;
    const search = async () => {
      const { users } = await chat.ask('search_users', { q: query });
      if (current) setFound({ people: users.filter(({ id }) => id !== myId), searching: false, query });
    };
    const timer = setTimeout(() => {
      search().catch((error: unknown) => {
        if (!(error instanceof ChatClientError)) throw error;
        if (current) setFound({ people: [], searching: false, problem: sentenceOf(error), query });
      });
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [chat, myId, query]);
  useEffect(
    () => chat.on('user_update', (change) => setFound((now) => ({ ...now, people: withNewName(now.people, change) }))),
    [chat],
  );
  return query === found.query ? found : { people: query === '' ? [] : found.people, searching: query !== '' };
}
