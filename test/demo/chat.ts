import type { Answer } from '../support/clients.ts';
import type { Participant } from './participants.ts';

/** A conversation of the demo. */
export type Talk = {
  readonly title: string;
  readonly conversation_id: number;
  readonly members: readonly Participant[];
};
type MessageId = { message_id: number };

/** Three users plan a Saturday in a group, and two of them a surprise in private. Returns the two conversations. */
export async function chat(alice: Participant, bob: Participant, carol: Participant): Promise<Talk[]> {
  const created = await alice.ask('create_group', { name: 'Plans', member_ids: [bob.id, carol.id] });
  const group = talkOf('a group', created, [alice, bob, carol]);
  const question = await say(group, alice, 'Who is coming to the lake on Saturday?');
  const offer = await say(group, bob, 'I am. I will bring a cake.');
  await say(group, carol, 'Me too, with lemonade.');
  await read(group, bob, [question]);
  await read(group, carol, [question, offer]);
  await sees(group.members, await change(group, alice, 'rename_conversation', { name: 'The lake' }));

  const opened = await carol.ask('open_private_conversation', { other_user_id: bob.id });
  const secret = talkOf('in private', opened, [bob, carol]);
  const hint = await say(secret, carol, 'It is her birthday. Is the cake for her?');
  await read(secret, bob, [hint]);
  const slip = await say(secret, bob, 'Yes, with cherries!');
  await sees(secret.members, await change(secret, bob, 'edit_message', { ...slip, content: 'Yes. Not a word!' }));

  const mistake = await say(group, carol, 'How many candles?');
  await sees(group.members, await change(group, carol, 'delete_message', mistake));
  const forecast = await say(group, bob, 'Take a cote, it may rain.');
  const corrected = { ...forecast, content: 'Take a coat, it may rain.' };
  await sees(group.members, await change(group, bob, 'edit_message', corrected));
  await read(group, alice, [offer, forecast]);
  return [group, secret];
}

/** The event of each operation. */
const EVENT_OF = {
  message: 'message',
  edit_message: 'edited_message',
  delete_message: 'deleted_message',
  rename_conversation: 'system_message',
};

function talkOf(title: string, { conversation_id }: Answer, members: readonly Participant[]): Talk {
  return { title, conversation_id, members };
}

/** Calls an operation that changes something durably. */
async function change(talk: Talk, by: Participant, operation: keyof typeof EVENT_OF, input: object): Promise<Answer> {
  const answer = await by.ask(operation, { conversation_id: talk.conversation_id, ...input });
  return { ...answer, conversation_id: talk.conversation_id, type: EVENT_OF[operation] };
}

/** Waits until all named participants have seen a change. */
async function sees(all: readonly Participant[], { type, conversation_id, seq }: Answer): Promise<void> {
  await Promise.all(all.map((each) => each.sees({ type, conversation_id, seq })));
}

/** Sends a message, and waits until all others have it. */
async function say(talk: Talk, sender: Participant, content: string): Promise<MessageId> {
  const sent = await change(talk, sender, 'message', { content });
  await sees(without(talk, sender), sent);
  return { message_id: sent.message_id };
}

/** Reads messages, and waits until all others have the receipt. */
async function read(talk: Talk, reader: Participant, messages: readonly MessageId[]): Promise<void> {
  await reader.ask('read_receipt', { message_ids: messages.map(({ message_id }) => message_id) });
  await Promise.all(without(talk, reader).map((each) => each.seesReading(talk.conversation_id, reader.id)));
}

const without = ({ members }: Talk, one: Participant) => members.filter((each) => each !== one);
