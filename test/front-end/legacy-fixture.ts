import { accepted, groupOf, privateOf, send } from '../contract/fixture.ts';
import type { TestApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

export const LEGACY = { LEGACY_FIELDS: 'on' };
export const PICTURE = 'https://cdn.example.com/avatars/bob.jpg';

/** Alice, Bob, who is online and has a picture, and Carol, who was added to their group; Bob has written to Alice. */
export async function sceneOf(app: TestApp) {
  const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
  accepted(await bob.rest.ask('update_me', { profile_picture: PICTURE }));
  const chat = await privateOf(alice, bob);
  const group = await groupOf(alice, bob);
  accepted(await alice.rest.ask('add_participant', { conversation_id: group, user_id: carol.id }));
  const { message_id } = await send(bob, chat);
  await bob.raw();
  return { alice, bob, carol, chat, group, message_id: message_id as number };
}

export type Scene = Awaited<ReturnType<typeof sceneOf>>;

/** A conversation in both lists that contain it. */
export async function listed(client: Client, id: number): Promise<[Answer, Answer]> {
  const { conversations } = accepted(await client.ask('list_conversations'));
  const { new_conversations } = accepted(await client.ask('sync'));
  const found = (all: Answer[]) => all.find((each) => each.conversation_id === id) as Answer;
  return [found(conversations), found(new_conversations)];
}

/** The oldest message of a conversation in both lists that contain it. */
export async function firstMessage(client: Client, conversation_id: number): Promise<[Answer, Answer]> {
  const { messages } = accepted(await client.ask('list_messages', { conversation_id }));
  const { conversations } = accepted(await client.ask('sync', { conversations: { [conversation_id]: 0 } }));
  return [messages.at(-1), conversations[conversation_id].messages[0]];
}

export const read = async (who: Person | Client, ...message_ids: number[]): Promise<Answer> =>
  accepted(await ('rest' in who ? who.rest : who).ask('read_receipt', { message_ids }));

/** The receipts that clients have received, once each has received all earlier events of the conversation. */
export async function receiptsOf(by: Person, conversation_id: number, clients: readonly Client[]): Promise<Answer[][]> {
  const { seq } = await send(by, conversation_id, 'mark');
  for (const { inbox } of clients) await inbox.next('message', { conversation_id, seq }, 20_000);
  return clients.map(({ inbox }) => inbox.all('read_receipt') as unknown as Answer[]);
}
