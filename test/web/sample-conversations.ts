import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

type SampleMessage = [sender: string, content: string];
const GROUP: SampleMessage[] = [
  ['clara', 'Good morning! Sunday looks dry, shall we do the lake loop?'],
  ['david', 'Yes please!'],
  ['david', 'The 9:40 train gets us there at half past ten.'],
  ['alice', 'Perfect. I bring coffee and the good map.'],
  ['clara', 'Route with the new bridge: https://example.com/lake-loop'],
  ['emil', 'Count me in. My knee is fine again, promised.'],
  ['alice', 'Then it is the four of us.'],
  ['alice', 'Meet at platform 3, quarter past nine?'],
  ['david', 'See you there!'],
];
const CHATS: Record<string, SampleMessage[]> = {
  emil: [
    ['alice', 'Did the parcel arrive?'],
    ['emil', 'This morning, thank you so much!'],
  ],
  'frida.k': [
    ['frida.k', 'The slides are in the shared folder.'],
    ['frida.k', 'Could you look at page 7 before noon?'],
    ['frida.k', 'No hurry otherwise.'],
  ],
  'Book club': [
    ['george', 'Next up: chapters 4 to 6.'],
    ['frida.k', 'I am already at 8, no spoilers from me'],
  ],
  clara: [
    ['clara', 'Lunch tomorrow?'],
    ['alice', 'Gladly. The usual place at half past twelve?'],
    ['clara', 'Booked.'],
  ],
};

const NAMES = ['alice', 'clara', 'david', 'emil', 'frida.k', 'george'];

/** Creates users and conversations between them. @returns alice, whose page is shown, and all users by name */
export async function createSampleConversations(app: TestApp): Promise<{ alice: Person; users: Map<string, Person> }> {
  const users = new Map(await Promise.all(NAMES.map(async (name) => [name, await signUp(app, name)] as const)));
  const alice = of(users, 'alice');
  for (const [title, messages] of Object.entries({ ...CHATS, 'Sunday hike': GROUP })) {
    const id = await conversationWith(alice, users, title, messages);
    for (const [sender, content] of messages)
      await of(users, sender).rest.ask('message', { conversation_id: id, content });
    if (title !== 'frida.k') await readAll(users, title, id);
  }
  return { alice, users };
}

async function signUp(app: TestApp, username: string): Promise<Person> {
  const person = await app.person(username);
  await person.rest.ask('update_me', { username }); // without the number that tests append
  return person;
}

async function conversationWith(alice: Person, users: Map<string, Person>, title: string, messages: SampleMessage[]) {
  const other = users.get(title);
  const asked =
    other === undefined
      ? alice.rest.ask('create_group', { name: title, member_ids: messages.map(([sender]) => of(users, sender).id) })
      : alice.rest.ask('open_private_conversation', { other_user_id: other.id });
  return (await asked).conversation_id as number;
}

/** All members read the messages, except one in the group. */
async function readAll(users: Map<string, Person>, title: string, conversationId: number): Promise<void> {
  for (const [name, { rest, id }] of users) {
    const { ok, messages } = await rest.ask('list_messages', { conversation_id: conversationId });
    if (!ok || (title === 'Sunday hike' && name === 'emil')) continue;
    const message_ids = messages
      .filter(({ sender_id }: { sender_id: number }) => sender_id !== id)
      .map((message: { id: number }) => message.id);
    await rest.ask('read_receipt', { message_ids });
  }
}

function of(users: Map<string, Person>, name: string): Person {
  const person = users.get(name);
  if (person === undefined) throw new Error(`no user is called ${name}`);
  return person;
}
