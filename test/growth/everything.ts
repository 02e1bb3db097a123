import { accepted } from '../contract/scene.ts';
import { type Client, raw, rawAt, rest, socketio } from '../support/clients.ts';
import { codeIn, People } from '../support/people.ts';
import type { Smtp } from '../support/smtp.ts';

type Server = {
  url: string;
  smtp: Smtp /** Of a user that the database was filled with. */;
  tokenOf(userId: number): string;
};

/** Asks for every operation, in the forms that make different statements. Gives the names of all that were asked for. */
export async function askForEverything(server: Server): Promise<Set<string>> {
  const asked = new Set<string>();
  const people = new People(server.url, server.smtp);
  try {
    await account(server, people, asked);
    const reader = noting(rest(server.url, server.tokenOf(1)), asked);
    await talk(reader, noting(rest(server.url, server.tokenOf(2)), asked));
    await lists(reader);
    await outOfOrder(noting(rest(server.url, server.tokenOf(6)), asked));
    await membership(reader, (await people.signUp('newcomer')).id);
    await sockets(server, asked);
  } finally {
    people.closeClients();
  }
  return asked;
}

type Ask = (name: string, input?: object) => ReturnType<Client['ask']>;

/** Asks through a client and notes what; everything has to succeed. */
const noting =
  (client: Client, asked: Set<string>): Ask =>
  async (name, input) => {
    asked.add(name);
    return accepted(await client.ask(name, input));
  };

async function account({ url, smtp }: Server, people: People, asked: Set<string>): Promise<void> {
  const ask = noting(rest(url), asked);
  const person = await people.signUp('somebody');
  for (const name of ['signup_initiate', 'signup_verify']) asked.add(name); // by signing up
  await ask('forgot_initiate', { email: person.email });
  const otp = codeIn((await smtp.next(person.email)).text);
  await ask('forgot_reset', { email: person.email, otp, new_password: 'AnotherPassword456' });
  await ask('login', { username: person.username, password: 'AnotherPassword456' });
  const again = await people.logIn({ ...person, password: 'AnotherPassword456' });
  const own = noting(again.rest, asked);
  await own('me');
  await own('update_me', { username: 'somebody-else', profile_picture: 'https://example.com/picture.png' });
  await own('last_seen', { user_id: 1 });
  await own('search_users', { q: 'user12' });
  await own('logout');
}

async function talk(one: Ask, other: Ask): Promise<void> {
  const message = { conversation_id: 1, content: 'Hello!', client_message_id: 'the first' };
  const { message_id } = await one('message', message);
  await one('message', message);
  await one('edit_message', { message_id, content: 'Hello, all!' });
  const { seq } = await one('message', { conversation_id: 1, content: 'And more.' });
  await other('read_receipt', { message_ids: [message_id] });
  await other('delivered', { conversation_id: 1, seq });
  await one('delete_message', { message_id });
}

async function lists(ask: Ask): Promise<void> {
  const { next_cursor } = await ask('list_conversations', { limit: 20 });
  await ask('list_conversations', { limit: 20, cursor: next_cursor });
  const page = { conversation_id: 1 };
  const { messages } = await ask('list_messages', page);
  const [newest, oldest] = [messages[0].id, messages.at(-1).id];
  await ask('list_messages', { ...page, offset: 100 });
  await ask('list_messages', { ...page, before: oldest });
  await ask('list_messages', { ...page, after: oldest });
  await ask('list_messages', { ...page, before: newest, after: oldest });
  await ask('sync', { conversations: {} });
  await ask('sync', { conversations: { 1: messages.at(-1).seq, 2: 1 } });
}

/** Of a conversation in which all have read some messages and not those before them. */
async function outOfOrder(ask: Ask): Promise<void> {
  const page = { conversation_id: 51 };
  const { messages } = await ask('list_messages', page);
  await ask('read_receipt', { message_ids: [messages[3].id, messages[5].id] });
  await ask('message', { ...page, content: 'Read this.' });
  await ask('list_messages', { ...page, limit: 1 });
  await ask('sync', { conversations: { 51: 1 } });
}

async function membership(ask: Ask, newcomer: number): Promise<void> {
  const { conversation_id } = await ask('create_group', { name: 'Study Group', member_ids: [2, 3] });
  await ask('rename_conversation', { conversation_id, name: 'Reading Group' });
  await ask('add_participant', { conversation_id, user_id: newcomer });
  await ask('list_participants', { conversation_id });
  await ask('message', { conversation_id, content: 'Unread.' });
  await ask('remove_participant', { conversation_id, user_id: newcomer });
  await ask('list_messages', { conversation_id });
  await ask('remove_participant', { conversation_id, user_id: 1 });
  for (let time = 0; time < 2; time += 1) await ask('open_private_conversation', { other_user_id: newcomer });
}

async function sockets({ url, tokenOf }: Server, asked: Set<string>): Promise<void> {
  const other = await raw(url, tokenOf(2)); // there first, to hear of the next
  const one = await socketio(url, tokenOf(1));
  const ask = noting(one, asked);
  await ask('typing_start', { conversation_id: 1 });
  await ask('typing_stop', { conversation_id: 1 });
  const { ticket } = await ask('ws_ticket');
  const third = await rawAt(`${url.replace('http', 'ws')}/api/ws?ticket=${ticket}`);
  await other.inbox.next('presence', { sender_id: 1, content: 'online' });
  for (const client of [one, other, third]) client.close();
}
