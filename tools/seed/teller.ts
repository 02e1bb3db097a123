import { createGroup, openPrivateConversation } from '../../src/conversations/create.ts';
import { addParticipant, removeParticipant, renameConversation } from '../../src/conversations/participants.ts';
import type { Database } from '../../src/database/database.ts';
import { delivered } from '../../src/messages/delivered.ts';
import { deleteMessage, editMessage } from '../../src/messages/edit.ts';
import { markRead } from '../../src/messages/mark-read.ts';
import { sendMessage } from '../../src/messages/send.ts';
import type { Context } from '../../src/operation/context.ts';
import type { Operation } from '../../src/operation/operation.ts';
import type { Result } from '../../src/operation/result.ts';
import { GroupCommit } from '../../src/writer/group-commit.ts';
import type { Happening } from './story.ts';

type SentMessage = { id: number; by: number; seq: number };
type Conversation = {
  readonly id: number;
  readonly messages: SentMessage[];
  /** The participants, and how many messages each has read. */
  readonly readCounts: Map<number, number>;
};

const MAX_READ_AT_ONCE = 1_000;

/** Executes a story with the operations that clients call, so that all numbers and counters are consistent. */
export class Teller {
  readonly #people: readonly number[];
  readonly #context: Context;
  readonly #places = new Map<number, Conversation>();
  readonly #messages = new Map<number, SentMessage>();
  #now = 0;

  /** @param people the users' ids, by their numbers in the story */
  constructor(database: Database, people: readonly number[]) {
    this.#people = people;
    const changes = new GroupCommit(
      database,
      () => undefined,
      { committed: () => undefined },
      { clock: () => this.#now },
    );
    // everything that these operations use; there are no sockets and no limits
    this.#context = { database, changes, receiptsWanted: () => false } as unknown as Context;
  }

  /** @param story in chronological order */
  async tell(story: readonly Happening[]): Promise<void> {
    for (const happening of story) {
      this.#now = happening.at;
      await this.#happens(happening);
    }
  }

  async #happens(what: Happening): Promise<void> {
    if (what.kind === 'open') return this.#open(what);
    const place = this.#places.get(what.conversation);
    // a late reader may have left meanwhile
    if (place === undefined || !place.readCounts.has(what.by)) return;
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
    const readCounts = new Map(members.map((member) => [member, 0]));
    this.#places.set(conversation, { id: conversation_id as number, messages: [], readCounts });
  }

  async #send(place: Conversation, { by, key, text }: Extract<Happening, { kind: 'send' }>): Promise<void> {
    const sent = await this.#ask(sendMessage, by, { conversation_id: place.id, content: text });
    const message = { id: sent.message_id as number, by, seq: sent.seq as number };
    place.messages.push(message);
    this.#messages.set(key, message);
  }

  async #edit({ by, key, text }: Extract<Happening, { kind: 'edit' }>): Promise<void> {
    await this.#ask(editMessage, by, { message_id: this.#messages.get(key)?.id, content: text });
  }

  async #delete(place: Conversation, { by, key }: Extract<Happening, { kind: 'delete' }>): Promise<void> {
    const message = this.#messages.get(key);
    await this.#ask(deleteMessage, by, { message_id: message?.id });
    const index = place.messages.findIndex(({ id }) => id === message?.id);
    place.messages.splice(index, 1);
    for (const [member, count] of place.readCounts) if (count > index) place.readCounts.set(member, count - 1);
  }

  async #read(place: Conversation, { by, last }: Extract<Happening, { kind: 'read' }>): Promise<void> {
    const unread = place.messages.slice(place.readCounts.get(by)).filter((message) => message.by !== by);
    const named = last === undefined ? unread : unread.slice(-last);
    for (let start = 0; start < named.length; start += MAX_READ_AT_ONCE) {
      const message_ids = named.slice(start, start + MAX_READ_AT_ONCE).map(({ id }) => id);
      await this.#ask(markRead, by, { message_ids });
    }
    if (last === undefined) place.readCounts.set(by, place.messages.length);
  }

  async #confirm({ id, messages }: Conversation, by: number): Promise<void> {
    await this.#ask(delivered, by, { conversation_id: id, seq: messages.at(-1)?.seq ?? 0 });
  }

  async #changeMembers(
    place: Conversation,
    { kind, by, whom }: Extract<Happening, { kind: 'add' | 'remove' }>,
  ): Promise<void> {
    const input = { conversation_id: place.id, user_id: this.#idOf(whom) };
    await this.#ask(kind === 'add' ? addParticipant : removeParticipant, by, input);
    if (kind === 'add') place.readCounts.set(whom, place.messages.length);
    else place.readCounts.delete(whom);
  }

  #idOf(person: number): number {
    const id = this.#people[person];
    if (id === undefined) throw new Error(`unknown person in the story: ${person}`);
    return id;
  }

  #ask(operation: Operation, by: number, input: object): Promise<Result> {
    const caller = { userId: this.#idOf(by), sessionId: '' };
    // each operation has its own input above
    return operation.run(input as never, caller as never, this.#context, { address: '' });
  }
}
