import { type Chat, ChatClientError, type FoundUser } from 'mmchat-client';
import { useEffect, useState } from 'preact/hooks';
import { withProfileUpdate } from '../components/profile-update.ts';
import { sentenceOf } from '../components/use-form.ts';

/** The delay after the last keystroke. */
const DEBOUNCE_MS = 200;

export type SearchResult = { users: readonly FoundUser[]; searching: boolean; error?: string };

/** The users whose names contain the query, except this one. */
export function useUserSearch(chat: Chat, myId: number, query: string): SearchResult {
  const [result, setResult] = useState<SearchResult & { query: string }>({ users: [], searching: false, query: '' });
  useEffect(() => {
    if (query === '') return;
    let current = true;
    const search = async () => {
      const { users } = await chat.ask('search_users', { q: query });
      if (current) setResult({ users: users.filter(({ id }) => id !== myId), searching: false, query });
    };
    const timer = setTimeout(() => {
      search().catch((error: unknown) => {
        if (!(error instanceof ChatClientError)) throw error;
        if (current) setResult({ users: [], searching: false, error: sentenceOf(error), query });
      });
    }, DEBOUNCE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [chat, myId, query]);
  useEffect(
    () =>
      chat.on('user_update', (change) => setResult((now) => ({ ...now, users: withProfileUpdate(now.users, change) }))),
    [chat],
  );
  return query === result.query ? result : { users: query === '' ? [] : result.users, searching: query !== '' };
}
