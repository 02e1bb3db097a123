import type { Context } from '../context.ts';
import { createGroup, openPrivateConversation } from '../conversations/create.ts';
import { GroupCommit } from '../conversations/group-commit.ts';
import { addParticipant, removeParticipant, renameConversation } from '../conversations/participants.ts';
import type { Database } from '../database.ts';
import { delivered } from '../messages/delivered.ts';
import { deleteMessage, editMessage } from '../messages/edit.ts';
import { markRead } from '../messages/read.ts';
import { sendMessage } from '../messages/send.ts';
import type { Operation, Result } from '../operation.ts';
import type { Happening } from './story.ts';

type Told = { id: number; by: number; seq: number };
type Place = {
  readonly id: number;
  readonly messages: Told[];
  /** Who is in, and how many of the messages they are done with. */
  readonly doneWith: Map<number, number>;
};

const MOST_READ_AT_ONCE = 1_000;

/** Makes a story happen, by the operations that clients ask for: so every number and counter is what it would be. */
export class Teller {
  readonly #people: readonly number[];
  readonly #context: Context;
  readonly #places = new Map<number, Place>();
  readonly #messages = new Map<number, Told>();
  #now = 0;

  /** @param people their ids, by their numbers in the story */
  constructor(database: Database, people: readonly number[]) {
    this.#people = people;
    const changes = new GroupCommit(
      database,
      () => undefined,
      { committed: () => undefined },
      () => this.#now,
    );
    // all that these operations use; nobody listens, and nothing is limited
    this.#context = { database, changes, receiptsWanted: () => false } as unknown as Context;
  }

  /** @param story in the order in which it happens */
  async tell(story: readonly Happening[]): Promise<void> {
    for (const happening of story) {
      this.#now = happening.at;
      await this.#happens(happening);
    }
  }

  async #happens(what: Happening): Promise<void> {
    if (what.kind === 'open') return this.#open(what);
    const place = this.#places.get(what.conversation);
    // who reads late may have left meanwhile
    if (place === undefined || !place.doneWith.has(what.by)) return;
    if (what.kind === 'send') await this.#send(place, what);
    else if (what.kind === 'edit') await this.#edit(what);
    else if (what.kind === 'delete') await this.#delete(place, what);
    else if (what.kind === 'read') await this.#read(place, what);
    else if (what.kind === 'confirm') await this.#confirm(place, what.by);
    else if (what.kind === 'rename')
      await this.#ask(renameConversation, what.by, { conversation_id: place.id, name: what.name });
    else await this.#changeMembers(place, what);
  }

  async #open({ by, members, name, conversation }: Extract<Happening, { kind: 'open' }>): Promise<void> {
    const ids = members.map((member) => this.#idOf(member));
    const { conversation_id } =
      name === undefined
        ? await this.#ask(openPrivateConversation, by, { other_user_id: ids[1] })
        : await this.#ask(createGroup, by, { name, member_ids: ids });
    const doneWith = new Map(members.map((member) => [member, 0]));
    this.#places.set(conversation, { id: conversation_id as number, messages: [], doneWith });
  }

  async #send(place: Place, { by, key, text }: Extract<Happening, { kind: 'send' }>): Promise<void> {
    const sent = await this.#ask(sendMessage, by, { conversation_id: place.id, content: text });
    const message = { id: sent.message_id as number, by, seq: sent.seq as number };
    place.messages.push(message);
    this.#messages.set(key, message);
  }

  async #edit({ by, key, text }: Extract<Happening, { kind: 'edit' }>): Promise<void> {
    await this.#ask(editMessage, by, { message_id: this.#messages.get(key)?.id, content: text });
  }

  async #delete(place: Place, { by, key }: Extract<Happening, { kind: 'delete' }>): Promise<void> {
    const message = this.#messages.get(key);
    await this.#ask(deleteMessage, by, { message_id: message?.id });
    const index = place.messages.findIndex(({ id }) => id === message?.id);
    place.messages.splice(index, 1);
    for (const [member, count] of place.doneWith) if (count > index) place.doneWith.set(member, count - 1);
  }

  async #read(place: Place, { by, last }: Extract<Happening, { kind: 'read' }>): Promise<void> {
    const unread = place.messages.slice(place.doneWith.get(by)).filter((message) => message.by !== by);
    const named = last === undefined ? unread : unread.slice(-last);
    for (let start = 0; start < named.length; start += MOST_READ_AT_ONCE) {
      const message_ids = named.slice(start, start + MOST_READ_AT_ONCE).map(({ id }) => id);
      await this.#ask(markRead, by, { message_ids });
    }
    if (last === undefined) place.doneWith.set(by, place.messages.length);
  }

  async #confirm({ id, messages }: Place, by: number): Promise<void> {
    await this.#ask(delivered, by, { conversation_id: id, seq: messages.at(-1)?.seq ?? 0 });
  }

  async #changeMembers(
    place: Place,
    { kind, by, whom }: Extract<Happening, { kind: 'add' | 'remove' }>,
  ): Promise<void> {
    const input = { conversation_id: place.id, user_id: this.#idOf(whom) };
    await this.#ask(kind === 'add' ? addParticipant : removeParticipant, by, input);
    if (kind === 'add') place.doneWith.set(whom, place.messages.length);
    else place.doneWith.delete(whom);
  }

  #idOf(person: number): number {
    const id = this.#people[person];
    if (id === undefined) throw new Error(`the story names somebody who is not there: ${person}`);
    return id;
  }

  #ask(operation: Operation, by: number, input: object): Promise<Result> {
    const caller = { userId: this.#idOf(by), sessionId: '' };
    // each operation is paired with its own input above
    return operation.run(input as never, caller as never, this.#context, { address: '' });
  }
}
