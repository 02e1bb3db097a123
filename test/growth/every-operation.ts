import { expect } from 'chai';
import { accepted } from '../contract/fixture.ts';
import { type Client, raw, rawAt, rest, socketio } from '../support/clients.ts';
import { inputFor, isOnRest, operationsInOrder } from '../support/derived.ts';
import { codeIn, People } from '../support/people.ts';
import type { Smtp } from '../support/smtp.ts';

type Server = {
  url: string;
  smtp: Smtp;
  /** The token of a user of the fixture. */
  tokenOf(userId: number): string;
};

/** Calls every operation, in all variants that run different statements. Returns the names of the called operations. */
export async function callEveryOperation(server: Server): Promise<Set<string>> {
  const called = new Set<string>();
  const people = new People(server.url, server.smtp);
  try {
    await account(server, people, called);
    const reader = recording(rest(server.url, server.tokenOf(1)), called);
    await messages(reader, recording(rest(server.url, server.tokenOf(2)), called));
    await lists(reader);
    await outOfOrder(recording(rest(server.url, server.tokenOf(6)), called));
    await membership(reader, (await people.signUp('newcomer')).id);
    await sockets(server, called);
    await remaining(server, called);
  } finally {
    people.closeClients();
  }
  return called;
}

type Call = (name: string, input?: object) => ReturnType<Client['ask']>;

/** Calls operations of a client and records their names. Each call must succeed. */
const recording =
  (client: Client, called: Set<string>): Call =>
  async (name, input) => {
    called.add(name);
    return accepted(await client.ask(name, input));
  };

async function account({ url, smtp }: Server, people: People, called: Set<string>): Promise<void> {
  const call = recording(rest(url), called);
  const person = await people.signUp('somebody');
  for (const name of ['signup_initiate', 'signup_verify']) called.add(name); // by signUp()
  await call('forgot_initiate', { email: person.email });
  const otp = codeIn((await smtp.next(person.email)).text);
  await call('forgot_reset', { email: person.email, otp, new_password: 'AnotherPassword456' });
  await call('login', { username: person.username, password: 'AnotherPassword456' });
  await call('login', { username: person.email, password: 'AnotherPassword456' });
  const again = await people.logIn({ ...person, password: 'AnotherPassword456' });
  const own = recording(again.rest, called);
  await own('update_me', { username: 'somebody-else', profile_picture: 'https://example.com/picture.png' });
  const { profile_picture } = await own('update_me', { profile_picture: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' });
  expect((await fetch(new URL(profile_picture, url))).status).to.equal(200);
  await own('search_users', { q: 'user12' });
  await own('change_password', { password: 'AnotherPassword456', new_password: 'AnotherPassword789' });
  await own('logout');
}

async function messages(one: Call, other: Call): Promise<void> {
  const message = { conversation_id: 1, content: 'Hello!', client_message_id: 'the first' };
  const { message_id } = await one('message', message);
  await one('message', message);
  await one('edit_message', { message_id, content: 'Hello, all!' });
  const { seq } = await one('message', { conversation_id: 1, content: 'And more.' });
  await other('read_receipt', { message_ids: [message_id] });
  await other('delivered', { conversation_id: 1, seq });
  await one('delete_message', { message_id });
}

async function lists(call: Call): Promise<void> {
  const { next_cursor } = await call('list_conversations', { limit: 20 });
  await call('list_conversations', { limit: 20, cursor: next_cursor });
  const page = { conversation_id: 1 };
  const { messages } = await call('list_messages', page);
  const [newest, oldest] = [messages[0].id, messages.at(-1).id];
  await call('list_messages', { ...page, offset: 100 });
  await call('list_messages', { ...page, before: oldest });
  await call('list_messages', { ...page, after: oldest });
  await call('list_messages', { ...page, before: newest, after: oldest });
  await call('sync', { conversations: {} });
  await call('sync', { conversations: { 1: messages.at(-1).seq, 2: 1 } });
}

/** In a conversation whose members have read some messages, but not all messages before these. */
async function outOfOrder(call: Call): Promise<void> {
  const page = { conversation_id: 51 };
  const { messages } = await call('list_messages', page);
  await call('read_receipt', { message_ids: [messages[3].id, messages[5].id] });
  await call('message', { ...page, content: 'Read this.' });
  await call('list_messages', { ...page, limit: 1 });
  await call('sync', { conversations: { 51: 1 } });
}

async function membership(call: Call, newcomer: number): Promise<void> {
  const { conversation_id } = await call('create_group', { name: 'Study Group', member_ids: [2, 3] });
  await call('add_participant', { conversation_id, user_id: newcomer });
  await call('list_participants', { conversation_id });
  await call('message', { conversation_id, content: 'Unread.' });
  await call('remove_participant', { conversation_id, user_id: newcomer });
  await call('list_messages', { conversation_id });
  await call('remove_participant', { conversation_id, user_id: 1 });
  for (let time = 0; time < 2; time += 1) await call('open_private_conversation', { other_user_id: newcomer });
}

async function sockets({ url, tokenOf }: Server, called: Set<string>): Promise<void> {
  const other = await raw(url, tokenOf(2)); // connected first, to receive the presence of user 1
  const one = await socketio(url, tokenOf(1));
  const { ticket } = await recording(one, called)('ws_ticket');
  const third = await rawAt(`${url.replace('http', 'ws')}/api/ws?ticket=${ticket}`);
  await other.inbox.next('presence', { sender_id: 1, content: 'online' });
  for (const client of [one, other, third]) client.close();
}

/** Every operation that has not been called yet, with its derived input, by the admin of a new group. */
async function remaining({ url, tokenOf }: Server, called: Set<string>): Promise<void> {
  const [overRest, overSocket] = [rest(url, tokenOf(1)), await raw(url, tokenOf(1))];
  const group = { name: 'Reading Group', member_ids: [2, 3] };
  const { conversation_id } = accepted(await overRest.ask('create_group', group));
  const { message_id } = accepted(await overRest.ask('message', { conversation_id, content: 'Hello!' }));
  const targets = { conversation: conversation_id, user: 2, messages: [message_id] };
  for (const operation of operationsInOrder.filter(({ name }) => !called.has(name))) {
    const call = recording(isOnRest(operation) ? overRest : overSocket, called);
    await call(operation.name, inputFor(operation, targets));
  }
  overSocket.close();
}
