import assert from 'node:assert/strict';
import { createClient, createConfig } from './client/client';
import {
  listConversations,
  listMessages,
  logIn,
  markRead,
  openPrivateConversation,
  searchUsers,
  sendMessage,
  syncConversations,
} from './client/sdk.gen';
import type { ClientOptions, Message } from './client/types.gen';

/**
 * One chat through the client that `@hey-api/openapi-ts` generates into `client` beside this file.
 * `tsx chat.ts URL ALICE BOB PASSWORD`; both users have an account.
 */
const [, , baseUrl = '', alice = '', bob = '', password = ''] = process.argv;

const anonymous = createClient(createConfig<ClientOptions>({ baseUrl: baseUrl as never }));

async function loggedIn(username: string) {
  const { data, error } = await logIn({ client: anonymous, body: { username, password, token: true } });
  if (data?.token === undefined) throw new Error(error?.code);
  const { token, user_id: id } = data;
  return { id, client: createClient(createConfig<ClientOptions>({ baseUrl: baseUrl as never, auth: () => token })) };
}

const one = await loggedIn(alice);
const other = await loggedIn(bob);

const found = await searchUsers({ client: one.client, query: { q: bob } });
assert.equal(found.data?.users.find(({ username }) => username === bob)?.id, other.id);

const opened = await openPrivateConversation({ client: one.client, body: { other_user_id: other.id } });
const conversation_id = opened.data?.conversation_id ?? 0;
await sendMessage({ client: one.client, body: { conversation_id, content: 'Hello, Bob!' }, throwOnError: true });

const listed = await listConversations({ client: other.client });
assert.equal(listed.data?.conversations[0]?.last_message?.content, 'Hello, Bob!');

const page = await listMessages({ client: other.client, path: { conversation_id }, query: { limit: 10 } });
const messages: Message[] = page.data?.messages ?? [];
assert.deepEqual(
  messages.map(({ content }) => content),
  ['Hello, Bob!'],
);
await markRead({ client: other.client, body: { message_ids: messages.map(({ id }) => id) }, throwOnError: true });

const synced = await syncConversations({ client: one.client, body: { conversations: { [conversation_id]: 0 } } });
assert.equal(synced.data?.conversations[conversation_id]?.messages[0]?.status, 'read');

const refused = await sendMessage({ client: one.client, body: { conversation_id: 999_999_999, content: 'Hello?' } });
assert.deepEqual([refused.response?.status, refused.error?.code], [403, 'not_participant']);

console.log('the chat is done');
