import assert from 'node:assert/strict';
import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './mmchat.d.ts';

/**
 * One chat through the types that openapi-typescript generates into `mmchat.d.ts` beside this file.
 * `node chat.ts URL ALICE BOB PASSWORD`; both users have an account.
 */
type Schemas = components['schemas'];

const [baseUrl = '', alice = '', bob = '', password = ''] = process.argv.slice(2);

async function loggedIn(username: string): Promise<{ api: Client<paths>; login: Schemas['LogInResult'] }> {
  const api = createClient<paths>({ baseUrl });
  const { data, error } = await api.POST('/api/login', { body: { username, password, token: true } });
  if (data === undefined) throw new Error(error.code);
  const { token, expires_at: expiresAt } = data;
  assert.ok(token !== undefined && Date.parse(expiresAt ?? '') > Date.now());
  api.use({ onRequest: ({ request }) => request.headers.set('Authorization', `Bearer ${token}`) });
  return { api, login: data };
}

const one = await loggedIn(alice);
const other = await loggedIn(bob);

const { data: found } = await one.api.GET('/api/users/search', { params: { query: { q: bob } } });
const people: Schemas['User'][] = found?.users ?? [];
const other_user_id: number = people.find(({ username }) => username === bob)?.id ?? 0;
assert.equal(other_user_id, other.login.user_id);

const opened = await one.api.POST('/api/conversations/private', { body: { other_user_id } });
const conversation_id = opened.data?.conversation_id ?? 0;
const sent = await one.api.POST('/api/messages', { body: { conversation_id, content: 'Hello, Bob!' } });
const message: Schemas['SendMessageResult'] | undefined = sent.data;
assert.equal(message?.content, 'Hello, Bob!');

const listed = await other.api.GET('/api/conversations');
const conversation: Schemas['Conversation'] | undefined = listed.data?.conversations[0];
assert.equal(conversation?.unread_count, 1);
const last: Schemas['LastMessage'] | null | undefined = conversation?.last_message;
assert.equal(last?.content, 'Hello, Bob!');

const page = await other.api.GET('/api/conversations/{conversation_id}/messages', {
  params: { path: { conversation_id }, query: { limit: 10 } },
});
const messages: Schemas['Message'][] = page.data?.messages ?? [];
assert.deepEqual(
  messages.map(({ content, status }) => ({ content, status })),
  [{ content: 'Hello, Bob!', status: 'delivered' satisfies Schemas['Message']['status'] }],
);
const read = await other.api.POST('/api/messages/read', { body: { message_ids: messages.map(({ id }) => id) } });
assert.equal(read.data?.success, true);

const synced = await one.api.POST('/api/sync', { body: { conversations: { [conversation_id]: 0 } } });
const changes: Schemas['SyncedConversation'] | undefined = synced.data?.conversations[conversation_id];
assert.equal(changes?.messages[0]?.status, 'read');

const refused = await one.api.POST('/api/messages', { body: { conversation_id: 999_999_999, content: 'Hello?' } });
const why: Schemas['Error'] | undefined = refused.error;
const code: string | undefined = why?.code;
assert.deepEqual([refused.response.status, code], [403, 'not_participant']);

console.log('the chat is done');
