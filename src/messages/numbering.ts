import type { Batch, LockedConversation } from '../conversations/batch.ts';
import { ChatError } from '../errors.ts';
import type { StoredMessage } from './message-rows.ts';

export type Send = {
  senderId: number;
  conversationId: number;
  content: string;
  clientMessageId: string | null;
  connection: string | undefined;
};
export type NewMessage = Omit<StoredMessage, 'id'>;
/** Per send: the message it made, the earlier one that it repeats, or why it was refused. */
export type Sent = { made: StoredMessage } | { repeated: StoredMessage } | { refused: ChatError };

export const keyOf = (senderId: number, clientMessageId: string) => `${senderId}:${clientMessageId}`;
export const placeOf = (message: { conversationId: number; seq: number }) => `${message.conversationId}:${message.seq}`;

/** How a sender's own messages of a batch count as read for them. */
export type OwnMessages = {
  conversationId: number;
  senderId: number;
  count: number;
  countBefore: number;
  lastOfFirstRun: number;
};

/** Gives the sends of a batch their numbers, in their order. */
export class Numbering {
  readonly rows: NewMessage[] = [];
  readonly #batch: Batch;
  readonly #earlier: ReadonlyMap<string, StoredMessage>;
  readonly #places = new Map<string, string>();
  readonly #own = new Map<string, OwnMessages>();

  constructor(batch: Batch, earlier: ReadonlyMap<string, StoredMessage>) {
    this.#batch = batch;
    this.#earlier = earlier;
  }

  senders(): OwnMessages[] {
    return [...this.#own.values()];
  }

  /** What became of a send, once the rows have been inserted and are known by their place. */
  number(send: Send, username: string | undefined): (made: ReadonlyMap<string, StoredMessage>) => Sent {
    const key = send.clientMessageId === null ? undefined : keyOf(send.senderId, send.clientMessageId);
    const repeated = key === undefined ? undefined : this.#earlier.get(key);
    if (repeated !== undefined) return () => ({ repeated });
    const twin = key === undefined ? undefined : this.#places.get(key);
    if (twin !== undefined) return (made) => ({ repeated: made.get(twin) as StoredMessage });
    const conversation = this.#batch.conversation(send.conversationId);
    if (conversation === undefined || username === undefined)
      return () => ({ refused: new ChatError('not_participant') });
    const place = placeOf(this.#append(send, username, conversation));
    if (key !== undefined) this.#places.set(key, place);
    return (made) => ({ made: made.get(place) as StoredMessage });
  }

  #append(send: Send, senderUsername: string, conversation: LockedConversation): NewMessage {
    const seq = this.#batch.nextSeq(conversation);
    this.#countOwn(send, conversation.messageCount, seq);
    conversation.messageCount += 1;
    conversation.activityAt = this.#batch.now;
    const { connection: _, ...fields } = send;
    const row = {
      ...fields,
      senderUsername,
      seq,
      changedSeq: seq,
      createdAt: this.#batch.now,
      editedAt: null,
      deletedAt: null,
      event: null,
      subjectId: null,
    };
    this.rows.push(row);
    return row;
  }

  #countOwn({ conversationId, senderId }: Send, countBefore: number, seq: number): void {
    const key = `${conversationId}:${senderId}`;
    const own = this.#own.get(key) ?? { conversationId, senderId, count: 0, countBefore, lastOfFirstRun: seq };
    if (own.countBefore + own.count === countBefore) own.lastOfFirstRun = seq;
    own.count += 1;
    this.#own.set(key, own);
  }
}
